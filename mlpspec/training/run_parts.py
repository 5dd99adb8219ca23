"""The data that a run was trained on, read and divided again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlpspec.data.dataset import Part
from mlpspec.data.hashes import refuse_changed_files
from mlpspec.data.load import load_data_of
from mlpspec.diagnostics import DataError
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.document import Document
from mlpspec.training.run_folder import RunFolder


def run_parts(run: RunFolder, document: Document, *, frame: Any = None, otherwise: str = "train again") -> Mapping[str, Part]:
    """The parts (`train`, `validation`, `test`) of a run's data, encoded, with the rows that they had in training.

    Args:
        document: the run's spec.
        frame: the rows, when the run was trained on rows from memory.
        otherwise: what to do when the data cannot be restored.

    Raises:
        DataError: when the data cannot be read, or has changed since the run was trained.
    """
    help = f"restore the data, or {otherwise}"

    def check(hashes: Mapping[str, str]) -> None:
        refuse_changed_files(run.info().get("data"), hashes, "the run was trained", help)

    dataset = load_data_of(document, frame=frame, check=check)
    if frame is not None and not _learnt_alike(dataset.preprocessing, run.preprocessing()):
        raise DataError("the data has changed since the run was trained, so its parts are other rows now", help=help)
    return dataset.parts


def _learnt_alike(one: Preprocessing, other: Preprocessing) -> bool:
    """Whether two sets of training rows taught the same: rows from memory have no hash."""
    return json.dumps(one.to_json()) == json.dumps(other.to_json())
