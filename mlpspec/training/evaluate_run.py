"""Measuring a trained run on data: the parts it was split into, or another file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlpspec.data.dataset import Part
from mlpspec.data.load import apply_dataset
from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.language.document import Document
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.run_parts import run_parts


@dataclass(frozen=True)
class RunEvaluation:
    """Figures by name for a number of rows, with the reasons for undefined ones."""

    rows: int
    figures: Mapping[str, float | None]
    undefined: Mapping[str, str]
    warnings: tuple[Diagnostic, ...] = ()


def evaluate_run(run: RunFolder, *, data: Any = None, part: str = "test", allow_outside: bool = False) -> RunEvaluation:
    """Loss and metrics of a run's best weights.

    Args:
        data: a file or frame to measure on, targets included; without it the run's own data.
        part: which part of the run's own data: `train`, `validation` or `test`.
        allow_outside: whether the run's own data may lie outside its spec's folder and the current one.

    Raises:
        DataError: when the data does not fit, has changed since training, or the part has no rows.
        ModelFileError: when the run is incomplete or damaged.
    """
    document = load_run_document(run, reads_data=data is None, allow_outside=allow_outside)
    preprocessing = run.preprocessing()
    if data is None:
        rows, warnings = _own_part(run, document, part), []
    else:
        rows, warnings = apply_dataset(preprocessing, data, separator=document.spec.data.separator)

    import torch

    from mlpspec.training.evaluation import evaluate
    from mlpspec.training.stored_tensors import tensors_of

    _, module = load_run_module(run, document, preprocessing)
    found = evaluate(module, tensors_of(rows, torch.device("cpu")), document.spec, preprocessing)
    return RunEvaluation(found.rows, found.figures, found.undefined, tuple(warnings))


def _own_part(run: RunFolder, document: Document, part: str) -> Part:
    """A part of the data that the run was trained on, split again in the same way."""
    parts = run_parts(run, document, otherwise="measure on a file of your own with --data FILE")
    if part not in parts or not parts[part].rows:
        raise DataError(f"the split has no {part} rows", code="bad-split", help="choose another --part, or --data FILE")
    return parts[part]
