"""From columns to the arrays that a model takes: types, missing values, unknown categories, shapes. Faults are noted, not raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from mlpspec.diagnostics import did_you_mean
from mlpspec.diagnostics.faults import Faults, RowFault, RowFaults, quoted
from mlpspec.instants import FORMS
from mlpspec.runtime.card import InputCard, ModelCard
from mlpspec.runtime.cells import Cells, Column, ValuesColumn

_DTYPES: Mapping[str, Any] = {"float32": np.float32, "string": object, "int64": np.int64, "seconds": np.int64}

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9,.]+")

Place = Callable[[int], str]
"""Where row number `row` (from 0) stands, in words."""


def missing_columns(card: ModelCard, names: Sequence[str], faults: Faults, *, place: str = "", ready: Collection[str] = ()) -> None:
    """Note every column that the model reads and the data, with columns `names`, lacks; inputs in `ready` need none."""
    have = set(names)
    lacking = dict.fromkeys(column for item in card.inputs if item.name not in ready for column in item.columns if column not in have)
    spelt = {name.strip().casefold(): name for name in reversed(names)}
    for column in lacking:
        other = spelt.get(column.strip().casefold())
        help = f"the data has `{other}`: capitals and spaces count" if other is not None else did_you_mean(column, names)
        faults.add("missing-column", f"the data has no column `{column}`", place=place, help=help)


def unequal_rows(arrays: Mapping[str, np.ndarray], faults: Faults) -> None:
    """Note that inputs differ in their numbers of rows, if they do."""
    if len({len(array) for array in arrays.values()}) > 1:
        listed = ", ".join(f"`{name}` {len(array):,}" for name, array in arrays.items())
        faults.add("invalid-data", f"the inputs have different numbers of rows: {listed}")


class InputReader:
    """Makes the arrays of a model's inputs.

    Args:
        card: what the model reads.
        faults: where faults are noted. What is returned beside a fault only has the right type.
        place: says where a row stands.
        find_unseen: look for unknown categories also where the model takes them; `unseen` then has their rows by column.
    """

    def __init__(self, card: ModelCard, faults: RowFaults, place: Place, *, find_unseen: bool = False):
        self._card, self._faults, self._place, self._find_unseen = card, faults, place, find_unseen
        self.unseen: dict[str, np.ndarray] = {}

    def read(self, columns: Mapping[str, Column]) -> dict[str, np.ndarray]:
        """All inputs from the columns of a table that has them all."""
        return {
            item.name: self.tensor(item, columns[item.columns[0]].array())
            if item.shape is not None
            else self.matrix(item, [columns[name] for name in item.columns])
            for item in self._card.inputs
        }

    def matrix(self, item: InputCard, columns: Sequence[Column]) -> np.ndarray:
        """(rows, columns) from as many columns."""
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            listed = ", ".join(f"`{name}` {length:,}" for name, length in zip(item.columns, lengths, strict=True))
            self._faults.add("invalid-data", f"the columns have different numbers of rows: {listed}")
            return np.empty((0, len(columns)), _DTYPES[item.type])
        array = np.empty((lengths[0], len(columns)), _DTYPES[item.type])
        for number, column in enumerate(columns):
            array[:, number] = self._cells(item, number, column).values
        return array

    def ready(self, item: InputCard, array: np.ndarray) -> np.ndarray:
        """An input from its own array, (batch, columns) or that of a tensor."""
        if item.shape is not None:
            return self.tensor(item, array)
        width = len(item.columns)
        if array.ndim != 2 or array.shape[1] != width:
            fact = f"has the shape {array.shape}, expected (batch, {width})"
            self._faults.add("invalid-data", fact, column=item.name, help=f"its columns are {', '.join(item.columns)}" if width > 1 else "")
            return np.empty((0, width), _DTYPES[item.type])
        if item.type == "float32" and array.dtype == np.float32 and np.isfinite(array).all():
            return np.ascontiguousarray(array)
        return self.matrix(item, [ValuesColumn(array[:, number], self._card.missing_tokens) for number in range(width)])

    def tensor(self, item: InputCard, array: np.ndarray | None) -> np.ndarray:
        """(rows, *shape) float32."""
        shape = item.shape or ()
        wanted = ", ".join(map(str, ("batch", *shape)))
        if array is None or array.dtype.kind not in "fiub":
            self._faults.add("invalid-data", "does not hold numbers of one shape", column=item.name, help=f"({wanted}) is wanted")
            return np.empty((0, *shape), np.float32)
        if array.ndim == 0 or array.shape[1:] != shape:
            help = "add the batch axis with `array[None]`" if array.shape == shape else ""
            self._faults.add("invalid-data", f"has the shape {array.shape}, expected ({wanted})", column=item.name, help=help)
            return np.empty((0, *shape), np.float32)
        with np.errstate(over="ignore"):  # becomes infinite, which is noted below
            array = np.ascontiguousarray(array, np.float32)
        if not np.isfinite(array).all():
            flat = array.reshape(len(array), -1)
            self._rows(item.name, np.isinf(flat).any(axis=1), "bad-cell", "holds infinite numbers")
            if item.missing == "error":
                self._rows(item.name, np.isnan(flat).any(axis=1), "missing-value", "holds NaN, and the model takes no missing values here")
        return array

    def _rows(self, name: str, mask: Any, code: str, kind: str) -> None:
        self._faults.add_rows(RowFault(code, kind, np.flatnonzero(mask), self._place, column=name, unit="rows"))

    def _cells(self, item: InputCard, number: int, column: Column) -> Cells:
        """Column `number` of an input, with everything that is wrong with it noted."""
        name = item.columns[number]
        known: Any = item.categories[number] if item.categories is not None and (self._find_unseen or item.unseen == "error") else None
        if item.type == "float32":
            cells, wanted = column.numbers(), "which is not a number"
            beyond = "which is infinite, or beyond the range of float32"
            rows = np.flatnonzero(np.isinf(cells.values))
            self._faults.add_rows(RowFault("bad-cell", beyond, rows, self._place, column=name, show=column.show))
        elif item.type == "int64":
            cells, wanted = column.integers(known), "which is not a whole number"
        elif item.type == "seconds":
            cells, wanted = column.seconds(), "which is not a time"
        else:
            cells, wanted = column.texts(known), "which is neither a text nor a number"
        if len(cells.bad):
            self._bad(item, name, column, cells, wanted)
        if len(cells.missing) and (item.missing == "error" or item.type == "int64"):
            kind = "has no value, and the model takes no missing values here"
            help = "fill it in, or train with `missing:` for this input"
            self._faults.add_rows(RowFault("missing-value", kind, cells.missing, self._place, column=name, help=help))
        if len(cells.unseen):
            self._unseen(item, name, column, cells.unseen, known)
        return cells

    def _bad(self, item: InputCard, name: str, column: Column, cells: Cells, kind: str) -> None:
        first = int(cells.bad[0])
        shown = column.show(first)
        help = FORMS if item.type == "seconds" else self._help(shown)
        if not cells.unfit:
            self._faults.add_rows(RowFault("bad-cell", kind, cells.bad, self._place, column=name, show=column.show, help=help))
            return
        fact = f"has {quoted(shown)}, {kind}"
        self._faults.add("bad-cell", fact, column=name, kind=kind, place=self._place(first), count=len(cells.bad), help=help)

    def _unseen(self, item: InputCard, name: str, column: Column, rows: np.ndarray, known: Sequence[str | int]) -> None:
        self.unseen[name] = np.union1d(self.unseen.get(name, rows), rows)
        if item.unseen == "error":
            help = did_you_mean(column.show(int(rows[0])), [str(category) for category in known])
            kind = "a category that the training rows do not have"
            self._faults.add_rows(RowFault("unseen-category", kind, rows, self._place, column=name, show=column.show, help=help))

    def _help(self, cell: str) -> str:
        """What to do about an unreadable cell."""
        if _DECIMAL_COMMA.fullmatch(cell.strip()):
            return "write numbers with a point, and nothing between thousands"
        tokens = ", ".join(repr(token) for token in self._card.missing_tokens if token)
        return f"a missing value is written as nothing{f', or as {tokens}' if tokens else ''}"
