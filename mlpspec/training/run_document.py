"""The spec of a run, and its network with the trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import ModelFileError, SpecError, UsageError
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.training.dry_run import check_fit
from mlpspec.training.run_folder import RunFolder

if TYPE_CHECKING:
    from torch import fx


KEPT = ("best", "average", "last")
"""The checkpoints that a run may end with."""


def load_run_document(folder: RunFolder, *, reads_data: bool = False, allow_outside: bool = False) -> Document:
    """The spec that a run was trained with, overrides included, checked again like any other.

    Args:
        reads_data: whether the data that the spec names will be read, so that its paths must be safe; a run folder may come from anywhere.
        allow_outside: whether they may lead outside the spec's folder and the current one then.

    Raises:
        UsageError: when the folder holds several runs.
        ModelFileError: when it is missing or no longer valid.
    """
    refuse_several(folder)
    return read_run_document(folder, reads_data=reads_data, allow_outside=allow_outside)


def refuse_several(folder: RunFolder) -> None:
    """See that a folder is one run, not one that holds others.

    Raises:
        UsageError: naming the first of several runs.
    """
    kind = folder.info().get("kind")
    if kind == "folds":
        message = f"{folder.path} is a cross-validation, not one run"
        help = f"name one of its folds, e.g. {folder.path / 'folds' / '1'}; `mlpspec export --ensemble` writes all of them as one file"
        raise UsageError(message, help=help)
    if kind == "tuning":
        message = f"{folder.path} is a study of many trials, not one run"
        raise UsageError(message, help=f"train its best spec: `mlpspec train {folder.path / 'best.yaml'}`")


def read_run_document(folder: RunFolder, *, reads_data: bool = False, allow_outside: bool = False) -> Document:
    """`load_run_document` for a folder that may hold several runs.

    Raises:
        ModelFileError: when the spec is missing or no longer valid.
    """
    path = folder.path / "spec.resolved.yaml"
    text = folder.resolved_spec()
    base = Path(str(folder.info().get("folder", ".")))
    try:
        document = loads(text, name=str(path), folder=base, allow_outside=allow_outside or not reads_data)
    except SpecError as error:
        raise ModelFileError(error.diagnostics) from error
    return document


def load_run_module(run: RunFolder, document: Document, preprocessing: Preprocessing) -> tuple[Graph, fx.GraphModule]:
    """The graph of a run and its module with the weights that it ended with, on the CPU; before its end the best so far, else the last.

    Raises:
        ModelFileError: when spec, preprocessing and weights do not belong together, or the weights are damaged.
    """
    from mlpspec.pytorch.module import build_module
    from mlpspec.training.checkpoints import Checkpoints

    try:
        graph = build_graph(document, preprocessing.facts)
    except SpecError as error:
        raise ModelFileError(error.diagnostics) from error
    with run.readable("preprocessing.json"):
        check_fit(preprocessing, graph)
    module = build_module(graph)
    checkpoints = Checkpoints(run.path / "checkpoints", run.owner())
    kept = run.info().get("weights")
    checkpoints.load_weights(module, kept if kept in KEPT else "best" if checkpoints.has("best") else "last")
    return graph, module
