"""Columns that NumPy holds; nothing here needs polars."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from mlpspec.data.table import Column, Integers, Kind, Numbers, Table
from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.instants import seconds_of_array, seconds_of_texts

_KINDS: dict[str, Kind] = {"U": "text", "i": "integer", "u": "integer", "f": "number", "b": "boolean", "M": "time"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)


class ArrayColumn(Column):
    """An array whose first axis is the rows. NaN in floats is a missing value; `missing_tokens` are for texts."""

    def __init__(self, values: np.ndarray, missing_tokens: Sequence[str]):
        self._array = values
        self._values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        self._tokens = list(missing_tokens)
        kind = _KINDS.get(values.dtype.kind, "other")
        self.kind = kind if self._values.ndim == 1 else "array" if kind in ("integer", "number", "boolean") else "other"

    def numbers(self) -> Numbers:
        return self._numbers

    @cached_property
    def _numbers(self) -> Numbers:
        if self.kind != "text":
            return Numbers(self._values.astype(np.float64), np.empty(0, np.int64))
        cells, where = self._stripped
        parsed = np.array([_number(cell) for cell in cells.tolist()], np.float64)
        missing = np.isin(cells, self._tokens)
        parsed[missing] = np.nan
        return Numbers(parsed[where], np.flatnonzero((np.isnan(parsed) & ~missing)[where]))

    def texts(self) -> np.ndarray:
        if self.kind == "boolean":
            return np.array(["false", "true"], object)[self._values.astype(np.int64)]
        if self.kind == "integer":
            return self._values.astype("U").astype(object)
        texts = self._values.astype(object)
        texts[np.isin(self._values, self._tokens)] = ""
        return texts

    def integers(self) -> Integers:
        none = np.empty(0, np.int64)
        if self.kind == "integer":
            beyond = self._values > np.iinfo(np.int64).max if self._values.dtype == np.uint64 else np.zeros(len(self._values), bool)
            return Integers(np.where(beyond, 0, self._values).astype(np.int64), none, np.flatnonzero(beyond))
        cells, where = self._stripped
        parsed = [_integer(cell) for cell in cells.tolist()]
        values = np.array([number or 0 for number in parsed], np.int64)
        missing = np.isin(cells, [*self._tokens, ""])
        bad = np.array([number is None for number in parsed], bool) & ~missing
        values[missing] = 0
        return Integers(values[where], np.flatnonzero(missing[where]), np.flatnonzero(bad[where]))

    def seconds(self) -> Integers:
        if self.kind == "integer":
            return self.integers()
        if self.kind == "text":
            cells, where = self._stripped
            missing = np.isin(cells, [*self._tokens, ""])
            values, bad = seconds_of_texts(np.where(missing, "", cells))
            return Integers(values[where], np.flatnonzero(missing[where]), np.flatnonzero(np.isin(where, bad)))
        missing = np.isnat(self._values)
        return Integers(np.where(missing, 0, seconds_of_array(self._values)), np.flatnonzero(missing), np.empty(0, np.int64))

    @property
    def _stripped(self) -> tuple[np.ndarray, np.ndarray]:
        """The different texts, spaces around them removed, and for each row which of them it holds."""
        return np.unique(np.char.strip(self._values, " \t"), return_inverse=True)

    def array(self) -> np.ndarray | None:
        return self._array if self._array.ndim > 1 and self._array.dtype.kind in "biuf" else None

    def show(self, row: int) -> str:
        return str(self._values[row])


class ArrayTable(Table):
    """Arrays with one length as a table.

    Raises:
        DataError: when an array has no rows axis, or another number of rows than the others.
    """

    def __init__(self, name: str, arrays: Mapping[str, np.ndarray], missing_tokens: Sequence[str]):
        self.name = name
        self.columns = tuple(arrays)
        self.rows = common_rows(name, {column: array.shape for column, array in arrays.items()})
        self._columns = {column: ArrayColumn(array, missing_tokens) for column, array in arrays.items()}

    def column(self, name: str) -> ArrayColumn:
        return self._columns[name]


def common_rows(name: str, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """The number of rows that all arrays of those shapes have.

    Raises:
        DataError: when they do not agree, or one has no axis at all.
    """
    if not shapes:
        raise DataError("the data has no columns", code="missing-data", place=name)
    flat = [column for column, shape in shapes.items() if not shape]
    if flat:
        message = "the array `{}` is a single value, without rows"
        raise DataError([Diagnostic("invalid-data", message.format(column), place=name, help="leave it out") for column in flat])
    rows = {column: shape[0] for column, shape in shapes.items()}
    if len(set(rows.values())) > 1:
        listed = ", ".join(f"`{column}` {count}" for column, count in rows.items())
        help = "the first axis of every array is the rows; put training and test rows in separate files"
        raise DataError(f"the arrays have different numbers of rows: {listed}", place=name, help=help)
    return next(iter(rows.values()))


def _number(cell: str) -> float:
    return float(cell) if _NUMBER.fullmatch(cell) or _INFINITY.fullmatch(cell) else np.nan


def _integer(cell: str) -> int | None:
    number = int(cell) if _INTEGER.fullmatch(cell) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None
