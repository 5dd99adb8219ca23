"""The files of a run folder that say what the run is: its spec, what was learnt from its data, run.json."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from mlpspec.data.column import raw_inputs
from mlpspec.data.dataset import Dataset
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.training.group import Group
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.run_folder import RunFolder

if TYPE_CHECKING:
    from mlpspec.training.setup import Setup

PROOF_ROWS = 1000
"""How many validation rows a run keeps for the export's proof, at most."""


def write_start(folder: RunFolder, document: Document, dataset: Dataset) -> None:
    """Write what never changes after the start of a run."""
    folder.write_text("spec.yaml", document.tree.source.text)
    folder.write_text("spec.resolved.yaml", resolved_spec(document))
    folder.write_json("preprocessing.json", dataset.preprocessing.to_json())
    part = dataset.parts.get("validation")
    part = part if part is not None and part.rows else dataset.parts["train"]
    folder.write_proof_rows(raw_inputs(dataset.preprocessing, part.table, part.index[:PROOF_ROWS]))


def run_info(document: Document, dataset: Dataset, graph: Graph, setup: Setup, folder: RunFolder, group: Group) -> dict[str, Any]:
    """What run.json says of a run that is under way, but for its beginning and its status: JSON data."""
    import torch

    spec = document.spec
    return {
        "format": 1,
        "name": spec.name,
        "seed": spec.seed,
        "device": str(setup.device),
        "precision": spec.training.precision,
        "tf32": spec.training.tf32 and setup.device.type == "cuda",
        "data_on": setup.data_on,
        "step": setup.step_reason,
        "decisions": setup.step.decisions(),
        "batch_size": max(stage.rows for stage in setup.plan.stages),
        "threads": torch.get_num_threads(),
        "processes": group.size,
        "job": os.environ.get("TORCHELASTIC_RUN_ID"),
        "rows": {name: part.rows for name, part in dataset.parts.items()},
        "data": dict(dataset.hashes),
        "files": folder.seals(),
        "folder": str(document.folder),
        "spec_name": document.tree.source.name,
        "parameters": graph.parameters,
        "versions": versions(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
    }


def written_time(seconds: float) -> str:
    """A moment, in seconds since 1970, as run.json writes it: local time with its distance from UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(seconds))


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from mlpspec.version import __version__

    return {"mlpspec": __version__, "python": platform.python_version(), **{name: version(name) for name in ("torch", "numpy")}}
