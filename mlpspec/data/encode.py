"""Rows of a table as the network and the loss take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.table import Table
from mlpspec.data.truth import outside, strange_labels
from mlpspec.diagnostics import Diagnostic, Severity, did_you_mean
from mlpspec.instants import NO_TIME
from mlpspec.ir.fitted import FittedInput, FittedTarget, Preprocessing, RawType

_SHOWN = 3
"""How many unknown categories of a column are shown."""


@dataclass(frozen=True)
class EncodedRows:
    """Encoded arrays by input and by target; the first axis of each is the rows. `warnings` say what was taken as unknown."""

    inputs: dict[str, np.ndarray]
    targets: dict[str, np.ndarray]
    warnings: tuple[Diagnostic, ...] = ()


class Unseen:
    """Categories that the training rows lack, noted over any number of tables; one warning for each column.

    Args:
        part: what the rows are called in messages, e.g. `validation`.
    """

    def __init__(self, part: str = ""):
        self.part = f"{part} " if part else ""
        self._found: dict[tuple[str, str], tuple[int, dict[str | int, None], str]] = {}

    def note(self, name: str, column: str, rows: int, values: Iterable[str | int], place: str) -> None:
        """Note that so many rows have such values in a column of the input `name`, the first of them at `place`."""
        count, known, first = self._found.get((name, column), (0, {}, place))
        for value in values:
            if len(known) <= _SHOWN:
                known[value] = None
        self._found[name, column] = count + rows, known, first

    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was noted."""
        help = "they count as unknown; `unseen: error` refuses them"
        return tuple(
            Diagnostic("unseen-category", self.message(column, rows, values), Severity.WARNING, place=place, help=help)
            for (_, column), (rows, values, place) in self._found.items()
        )

    def message(self, column: str, rows: int, values: Iterable[str | int]) -> str:
        """One sentence about a column."""
        return f"column `{column}` has categories that the training rows lack, in {self.count(rows)}: {_listed(values)}"

    def count(self, rows: int) -> str:
        """How many rows, in words: `3 validation rows`."""
        return f"{rows:,} {self.part}row{'s' if rows > 1 else ''}"


def encode(
    preprocessing: Preprocessing,
    table: Table,
    rows: np.ndarray | None = None,
    *,
    targets: bool = True,
    part: str = "",
    unseen: Unseen | None = None,
) -> EncodedRows:
    """Encode rows with what was learnt from the training rows.

    Args:
        rows: the numbers of the rows; all by default.
        targets: whether the truth is read too.
        part: what the rows are called in messages, e.g. `validation`.
        unseen: where unseen categories are noted, when several tables hold the part.

    Raises:
        DataError: listing missing columns, cells that cannot be read, missing values and unseen categories that an input refuses, and
            labels that no training row has.
    """
    unseen = unseen or Unseen(part)
    encoder = _Encoder(ColumnReader(table, rows), unseen)
    inputs = {name: encoder.input(item) for name, item in preprocessing.inputs.items()}
    truth = {name: encoder.target(item) for name, item in preprocessing.targets.items()} if targets else {}
    encoder.reader.raise_problems()
    return EncodedRows(
        {name: array for name, array in inputs.items() if array is not None},
        {name: array for name, array in truth.items() if array is not None},
        unseen.warnings(),
    )


class _Encoder:
    def __init__(self, reader: ColumnReader, unseen: Unseen):
        self.reader, self.unseen = reader, unseen

    def input(self, item: FittedInput) -> np.ndarray | None:
        raw = self.reader.raw(item)
        if raw is None:
            return None
        if item.shape is None and item.missing == "error":
            help = "the input refuses missing values; fill them, or train with another `missing`"
            self.refuse_missing(raw, item, help)
        if item.type != "float32":
            self.look_for_unseen(raw, item)
        encoded = run_program(item.program, {item.program.inputs[0]: raw})[item.program.outputs[0]]
        if encoded.dtype.kind == "f" and item.type == "float32":
            self.check_finite(item, raw, encoded)
        return encoded

    def target(self, item: FittedTarget) -> np.ndarray | None:
        raw = self.reader.raw(item)
        if raw is None:
            return None
        help = "remove the rows: what a model shall find out must be known in all of them"
        if item.missing == "error":
            self.refuse_missing(raw, item, help)
        self.new_labels(raw, item)
        encoded = run_program(item.encode, {item.encode.inputs[0]: raw})[item.encode.outputs[0]]
        if item.classes is None:
            self.check_scale(item, raw, encoded)
        return encoded

    def refuse_missing(self, raw: np.ndarray, item: FittedInput | FittedTarget, help: str) -> None:
        for position, column in enumerate(item.columns):
            found = np.flatnonzero(_is_missing(raw[:, position], item.type))
            if len(found):
                message = f"column `{column}` is empty in {self.count(found)}"
                self.reader.report("missing-value", message, row=self.row(found[0]), help=help)

    def look_for_unseen(self, raw: np.ndarray, item: FittedInput) -> None:
        for position, column in enumerate(item.columns):
            known = known_categories(item, position)
            found = outside(raw[:, position], known)
            if not known or not len(found):
                continue
            values = dict.fromkeys(raw[found, position].tolist())
            if item.unseen == "error":
                help = did_you_mean(str(next(iter(values))), map(str, known))
                self.reader.report("unseen-category", self.unseen.message(column, len(found), values), row=self.row(found[0]), help=help)
            else:
                self.unseen.note(item.name, column, len(found), values, self.reader.table.place(self.row(found[0])))

    def new_labels(self, raw: np.ndarray, item: FittedTarget) -> None:
        for column, rows, labels in strange_labels(item, raw):
            if item.type == "float32":
                message = f"column `{column}` holds {_listed(labels)} in {self.count(rows)}, where 0 and 1 are wanted"
                help = "a label's column says 1 where a row has the label, else 0; several labels in one text need `separator`"
                self.reader.report("bad-cell", message, row=self.row(rows[0]), help=help)
            else:
                message = f"column `{column}` has labels that the training rows lack, in {self.count(rows)}: {_listed(labels)}"
                help = did_you_mean(labels[0], map(str, item.classes or ()))
                self.reader.report("unseen-category", message, row=self.row(rows[0]), help=help)

    def check_finite(self, item: FittedInput, raw: np.ndarray, encoded: np.ndarray) -> None:
        """Scaling can lead beyond float32; what was finite must stay so."""
        if np.isfinite(encoded.sum(dtype=np.float64)) or (item.missing == "error" and np.isnan(raw).any()):
            return
        wrong = ~np.isfinite(encoded.reshape(len(encoded), -1)).all(axis=1)
        help = "the numbers of a column lie too far apart for float32; change its unit or leave out the extreme rows"
        message = f"the input `{item.name}` becomes infinite when it is scaled"
        self.reader.report("bad-cell", message, row=self.row(np.flatnonzero(wrong)[0]), help=help)

    def check_scale(self, item: FittedTarget, raw: np.ndarray, encoded: np.ndarray) -> None:
        """What a scaled target is measured by is its scale undone; that must be the truth again."""
        restored = run_program(item.restore, {item.restore.inputs[0]: encoded})[item.restore.outputs[0]]
        reach = np.abs(raw).max(axis=0, initial=0.0, where=np.isfinite(raw))
        wrong = ~np.isclose(restored, raw, rtol=1e-3, atol=1e-3 * reach, equal_nan=True).all(axis=1)
        if wrong.any():
            message = f"the target `{item.name}` has numbers in {self.count(np.flatnonzero(wrong))} that its scale cannot hold"
            help = "choose another `scale` for it, e.g. `standardize`, or leave out the rows"
            self.reader.report("bad-cell", message, row=self.row(np.flatnonzero(wrong)[0]), help=help)

    def count(self, found: np.ndarray) -> str:
        """How many rows were found, in words."""
        return self.unseen.count(len(found))

    def row(self, position: np.integer) -> int:
        """The row in the table of a position among the chosen rows."""
        return int(position if self.reader.rows is None else self.reader.rows[position])


def known_categories(item: FittedInput, column: int) -> tuple[str | int, ...]:
    """The categories that an input's column number `column` knows."""
    for step in item.program.steps:
        if step.op == "lookup" and step.constants["column"] == column:
            return tuple(step.constants["keys"])
    return ()


def _is_missing(values: np.ndarray, type_: RawType) -> np.ndarray:
    if type_ == "float32":
        return np.isnan(values)
    return values == ("" if type_ == "string" else NO_TIME) if type_ != "int64" else np.zeros(len(values), bool)


def _listed(values: Iterable[str | int]) -> str:
    values = list(values)
    shown = [f"`{value}`" for value in values[:_SHOWN]]
    return ", ".join(shown) + (", ..." if len(values) > _SHOWN else "")
