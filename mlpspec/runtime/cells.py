"""A column of Python or NumPy values, read as what a model takes. `series.py` does the same for columns of polars."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

import numpy as np

from mlpspec.instants import NO_TIME, seconds_of_array, seconds_of_text, seconds_of_time

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)

SPACES = " \t"
"""Characters around a number in a text that do not count."""


def no_rows() -> np.ndarray:
    """The numbers of no rows at all."""
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Cells:
    """A column as read: `values` (rows,); the numbers of its rows that are missing, that are unreadable, and whose category is unknown.

    Missing numbers are NaN, missing texts "", missing integers 0. `unfit`: the column's type holds no such values at all, so that its
    unreadable cells are a fault of the column and not of their rows.
    """

    values: np.ndarray
    missing: np.ndarray = field(default_factory=no_rows)
    bad: np.ndarray = field(default_factory=no_rows)
    unseen: np.ndarray = field(default_factory=no_rows)
    unfit: bool = False


class Column(Protocol):
    """What every column can do. `known` are the categories whose absence is noted in `Cells.unseen`; None notes nothing."""

    def numbers(self) -> Cells:
        """float32 values; infinite ones are kept."""
        ...

    def texts(self, known: Collection[str] | None) -> Cells:
        """Object array of str; integers in decimal, booleans as `true` and `false`."""
        ...

    def integers(self, known: Collection[int] | None) -> Cells:
        """int64 values."""
        ...

    def seconds(self) -> Cells:
        """int64 seconds since 1970-01-01 00:00 UTC, of times, of texts that say one, and of whole numbers; `NO_TIME` where missing."""
        ...

    def array(self) -> np.ndarray | None:
        """Numbers (rows, ...); None when the cells are not arrays of one shape."""
        ...

    def show(self, row: int) -> str:
        """A cell as text."""
        ...

    def __len__(self) -> int: ...


class ValuesColumn:
    """A list or a one-dimensional array. None, NaN, NA and NaT are missing, as are texts among `tokens` and empty ones."""

    def __init__(self, values: Sequence[Any] | np.ndarray, tokens: Collection[str]):
        if "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray):  # `np.ma` would import it, which takes long
            values = np.where(np.ma.getmaskarray(values), np.array(None, object), values.astype(object))
        self._values = values
        self._array = values if isinstance(values, np.ndarray) else _plain_array(values)
        self._tokens = frozenset(tokens) | {""}

    def __len__(self) -> int:
        return len(self._values)

    def numbers(self) -> Cells:
        """float32 values; infinite ones are kept."""
        if self._array is None or self._array.dtype.kind not in "fiub":
            return self._each(self._number, np.float32, math.nan)
        with np.errstate(over="ignore"):  # becomes infinite, which the caller reports
            values = self._array.astype(np.float32)
        return Cells(values, np.flatnonzero(np.isnan(values)))

    def texts(self, known: Collection[str] | None) -> Cells:
        """Object array of str; integers in decimal, booleans as `true` and `false`."""
        cells = self._each(self._text, object, "")
        if known is None:
            return cells
        unseen = [row for row, text in enumerate(cells.values.tolist()) if text and text not in known]
        return replace(cells, unseen=np.array(unseen, np.int64))

    def integers(self, known: Collection[int] | None) -> Cells:
        """int64 values."""
        if self._array is not None and self._array.dtype.kind == "i":
            cells = Cells(self._array.astype(np.int64))
        else:
            cells = self._each(self._integer, np.int64, 0)
        if known is None:
            return cells
        strange = ~np.isin(cells.values, list(known))
        strange[cells.missing] = strange[cells.bad] = False
        return replace(cells, unseen=np.flatnonzero(strange))

    def seconds(self) -> Cells:
        """int64 seconds since 1970-01-01 00:00 UTC; `NO_TIME` where missing."""
        if isinstance(self._values, np.ndarray) and self._values.dtype.kind == "M":
            values = seconds_of_array(self._values)
            return Cells(values, np.flatnonzero(values == NO_TIME))
        if self._array is not None and self._array.dtype.kind == "i":
            return Cells(self._array.astype(np.int64))
        return self._each(self._second, np.int64, NO_TIME)

    def array(self) -> np.ndarray | None:
        """Numbers (rows, ...); None when the cells are no such array."""
        return self._array if self._array is not None and self._array.dtype.kind in "fiub" else None

    def show(self, row: int) -> str:
        """A cell as text."""
        return str(self._values[row])

    def _each(self, read: Callable[[Any], Any], dtype: Any, missing: Any) -> Cells:
        """Read cell by cell: `read` gives the value, `_MISSING` or `_BAD`."""
        values = np.full(len(self._values), missing, dtype)
        absent, bad = [], []
        cells = self._values
        if isinstance(cells, np.ndarray) and cells.dtype.char in _FAITHFUL:
            cells = cells.tolist()
        for row, cell in enumerate(cells):
            value = read(cell)
            if value is _MISSING:
                absent.append(row)
            elif value is _BAD:
                bad.append(row)
            else:
                values[row] = value
        unfit = bool(bad) and isinstance(self._values, np.ndarray) and self._values.dtype.kind in _NARROW
        return Cells(values, np.array(absent, np.int64), np.array(bad, np.int64), unfit=unfit)

    def _number(self, cell: Any) -> Any:
        if isinstance(cell, str):
            text = cell.strip(SPACES)
            if text in self._tokens:
                return _MISSING
            if _INFINITE.fullmatch(text):
                return math.inf
            return _float32(float(text)) if _NUMBER.fullmatch(text) else _BAD
        if _is_missing(cell):
            return _MISSING
        if isinstance(cell, (bytes, complex, np.complexfloating, np.datetime64, np.timedelta64)):
            return _BAD
        try:
            return _float32(float(cell))
        except OverflowError:
            return math.inf
        except (TypeError, ValueError):
            return _BAD

    def _text(self, cell: Any) -> Any:
        if isinstance(cell, str):
            return _MISSING if cell in self._tokens else cell
        if _is_missing(cell):
            return _MISSING
        if isinstance(cell, (bool, np.bool_)):
            return "true" if cell else "false"
        if _is_whole(cell):
            return str(int(cell))
        return str(cell) if isinstance(cell, (float, np.floating)) else _BAD

    def _integer(self, cell: Any) -> Any:
        if isinstance(cell, str):
            text = cell.strip(SPACES)
            if text in self._tokens:
                return _MISSING
            number = int(text) if _INTEGER.fullmatch(text) else None
        elif _is_missing(cell):
            return _MISSING
        else:
            number = int(cell) if _is_whole(cell) else None
        return number if number is not None and -(2**63) <= number < 2**63 else _BAD

    def _second(self, cell: Any) -> Any:
        if isinstance(cell, str):
            text = cell.strip(SPACES)
            number = _MISSING if text in self._tokens else seconds_of_text(text)
            return _BAD if number is None else number
        if _is_missing(cell) or (isinstance(cell, np.datetime64) and np.isnat(cell)):
            return _MISSING
        if isinstance(cell, np.datetime64):
            return int(seconds_of_array(np.asarray(cell)))
        return seconds_of_time(cell) if isinstance(cell, date) else self._integer(cell)


_MISSING, _BAD = object(), object()

_FAITHFUL = "OUT?bBhHiIlLqQd"
"""NumPy types whose `tolist` gives Python values that mean the same (times become integers, float32 gets more digits)."""


_NARROW = "bcmMSV"
"""Kinds of NumPy types (booleans, complex numbers, times, bytes) whose values are all unreadable as something where one is."""


def _plain_array(values: Sequence[Any]) -> np.ndarray | None:
    """A list as an array of numbers; None when it holds anything else, also a text among numbers."""
    try:
        array = np.array(values)
    except (ValueError, OverflowError):  # lists of different lengths, integers of more than 64 bits
        return None
    return array if array.dtype.kind in "fiub" else None


def _is_missing(cell: Any) -> bool:
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, (float, np.floating)) and math.isnan(cell))


def _is_whole(cell: Any) -> bool:
    """Whether a cell is a whole number: an integer, or a float without a fraction. A boolean is not."""
    if isinstance(cell, (float, np.floating)):
        return math.isfinite(cell) and cell == int(cell)
    return isinstance(cell, (int, np.integer)) and not isinstance(cell, bool)


def _float32(number: float) -> float:
    """The number, infinite when float32 cannot hold it."""
    return number if abs(number) <= _LARGEST or math.isnan(number) else math.copysign(math.inf, number)


_LARGEST = float(np.finfo(np.float32).max)
