"""The file of all held-out rows with their answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.training.folds.held_out import HeldOut, answer_columns

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".parquet")


def check_place(path: Path) -> None:
    """See that a file of predictions can be written there, before the work begins.

    Raises:
        UsageError: when the suffix is none of `SUFFIXES`.
        MachineError: when the folder does not exist.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"predictions are not written as `{path.name}`", help=f"end the name in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        message = f"cannot write {path}: the folder does not exist"
        raise MachineError(message, code="cannot-write", help="make the folder, or choose another")


def write_predictions(found: Sequence[HeldOut], path: Path, *, labels: Sequence[Any] | None = None) -> None:
    """Write the held-out rows of all folds in the order of the data, as CSV or Parquet.

    The columns are `row` (the row's number in the data, from 0), `index` where the rows have labels of their own, `fold`, and for each
    target the truth, `<column>_true`, and the answers as `mlpspec predict` names them. What a fold does not know is empty.

    Args:
        labels: of all rows of the data: the index of a pandas frame.

    Raises:
        UsageError: when the suffix is neither `.csv` nor `.parquet`.
        DataError: when a text cannot be written as CSV.
        MachineError: when the file cannot be written.
    """
    import polars as pl

    check_place(path)
    table = pl.concat([_frame(fold) for fold in found], how="diagonal").sort("row")
    if labels is not None:
        chosen = [labels[row] for row in table["row"].to_list()]
        whole = all(isinstance(label, int) for label in chosen)
        index = pl.Series("index", chosen if whole else list(map(str, chosen)))
        table = table.select("row", index, pl.exclude("row"))
    with write_atomically(path) as file:
        try:
            table.write_parquet(file) if path.suffix == ".parquet" else table.write_csv(file)
        except pl.exceptions.ComputeError as error:
            raise DataError(f"the rows cannot be written as CSV: {error}", help="write Parquet") from error


def _frame(fold: HeldOut) -> pl.DataFrame:
    import polars as pl

    columns: dict[str, np.ndarray] = {}
    for name, target in fold.targets.items():
        for place, column in enumerate(target.columns):
            columns[f"{column}_true"] = fold.truth[name][:, place]
        for answer in target.answers:
            for title, values in answer_columns(answer, fold.said[name][answer.name]).items():
                columns[_free(title, columns)] = values
    head = [pl.Series("row", fold.rows), pl.Series("fold", np.full(len(fold.rows), fold.fold))]
    return pl.DataFrame([*head, *(_series(name, values) for name, values in columns.items())])


def _free(name: str, taken: dict[str, np.ndarray]) -> str:
    while name in taken or name in ("row", "index", "fold"):
        name += "_predicted"
    return name


def _series(name: str, values: np.ndarray) -> pl.Series:
    import polars as pl

    return pl.Series(name, values.tolist(), dtype=pl.String) if values.dtype == object else pl.Series(name, values)
