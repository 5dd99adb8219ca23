"""The spec of a run, and its network with the trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import ModelFileError, SpecError
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.training.run_folder import RunFolder

if TYPE_CHECKING:
    from torch import fx


def load_run_document(folder: RunFolder) -> Document:
    """The spec that a run was trained with, overrides included, checked again like any other.

    Raises:
        ModelFileError: when it is missing or no longer valid.
    """
    path = folder.path / "spec.resolved.yaml"
    info = folder.info()
    try:
        text = path.read_text(encoding="utf-8")
        document = loads(text, name=str(path), folder=Path(str(info.get("folder", "."))))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"the run has no readable spec: {error}", code="invalid-run", place=str(path)) from error
    except SpecError as error:
        raise ModelFileError(error.diagnostics) from error
    return document


def load_run_module(run: RunFolder, document: Document, preprocessing: Preprocessing) -> tuple[Graph, fx.GraphModule]:
    """The graph of a run and its module with the best weights, on the CPU.

    Raises:
        ModelFileError: when spec, preprocessing and weights do not belong together, or the weights are damaged.
    """
    from mlpspec.pytorch.module import build_module
    from mlpspec.training.checkpoints import Checkpoints

    try:
        graph = build_graph(document, preprocessing.facts)
    except SpecError as error:
        raise ModelFileError(error.diagnostics) from error
    module = build_module(graph)
    Checkpoints(run.path / "checkpoints").load_weights(module)
    return graph, module
