"""Reading columns as what a spec says they are, and saying all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fnmatch import fnmatchcase

import numpy as np

from mlpspec.catalog.inputs.base import GLOB_SIGNS
from mlpspec.data.cells import number_help
from mlpspec.data.table import Column, Integers, Table
from mlpspec.diagnostics import DataError, Diagnostic, did_you_mean
from mlpspec.instants import FORMS, NO_TIME
from mlpspec.ir.fitted import FittedInput, FittedTarget, Preprocessing, RawType

LARGEST = float(np.finfo(np.float32).max)

_SHOWN = 3
"""How many bad cells of a column are shown."""

_ARRAY = "several numbers in each row; read it with `tensor`"
_TIME = "dates or times; read it with `datetime`"
_NOT_NUMBERS = {"array": _ARRAY, "time": _TIME, "other": "neither numbers nor text; store it as one of them"}
_NOT_CATEGORIES = {
    "number": "numbers with fractions; read it with `numeric`, or store it as whole numbers or text",
    "array": _ARRAY,
    "time": _TIME,
    "other": "neither whole numbers nor text; store it as one of them",
}
_NOT_WHOLE = {
    "number": "numbers with fractions; store it as whole numbers",
    "boolean": "true and false; store it as whole numbers",
    "array": _ARRAY,
    "time": _TIME,
    "other": "neither whole numbers nor text; store it as whole numbers",
}
_NOT_TIMES = {
    "number": "numbers with fractions; store times as dates, as text, or as whole seconds since 1970",
    "boolean": "true and false; read it with `category`",
    "array": _ARRAY,
    "other": "neither times nor text; store it as dates or times",
}


class ColumnReader:
    """A table's columns for chosen rows.

    What is wrong is collected in `problems` and a stand-in given back, so that one run finds everything; `raise_problems` ends that.
    Cells are checked in all rows of the table, not in the chosen ones only.

    Args:
        rows: the numbers of the rows that values are wanted for; all by default.
        reserved: columns that patterns pass over: those that hold what the model shall find out.
    """

    def __init__(self, table: Table, rows: np.ndarray | None = None, *, reserved: Collection[str] = ()):
        self.table, self.rows, self.reserved = table, rows, frozenset(reserved)
        self.problems: list[Diagnostic] = []

    def raise_problems(self) -> None:
        """Raise DataError with all problems found so far, when there are any."""
        if self.problems:
            raise DataError(dict.fromkeys(self.problems))

    def report(self, code: str, message: str, *, row: int | None = None, help: str = "") -> None:
        """Add a problem; `row` is its row in the table."""
        self.problems.append(Diagnostic(code, message, place=self.table.name if row is None else self.table.place(row), help=help))

    def expand(self, patterns: Sequence[str], *, globs: bool = True) -> tuple[str, ...]:
        """The columns that names and patterns such as `flipper_*` mean, each once; those that are missing are reported."""
        found: dict[str, None] = {}
        for pattern in patterns:
            if pattern in self.table.columns:
                found[pattern] = None
            elif globs and GLOB_SIGNS & set(pattern):
                matches = [name for name in self.table.columns if fnmatchcase(name, pattern) and name not in self.reserved]
                found.update(dict.fromkeys(matches))
                if not matches:
                    help = did_you_mean(pattern.strip("*"), self.table.columns)
                    self.report("missing-column", f"no column matches `{pattern}`", help=help)
            else:
                self.report("missing-column", f"the data has no column `{pattern}`", help=self._near(pattern))
        return tuple(found)

    def numbers(self, columns: Sequence[str]) -> np.ndarray:
        """(rows, columns) float64, NaN where missing; cells that are no finite float32 numbers are reported and 0."""
        values = np.empty((self._count, len(columns)))
        for position, name in enumerate(columns):
            values[:, position] = self._chosen(self._numbers(name))
        return values

    def categories(self, columns: Sequence[str], *, text: bool) -> tuple[np.ndarray, RawType]:
        """(rows, columns) texts, missing ones as "", or int64 when all columns hold whole numbers, none is missing, and not `text`."""
        readable = [name for name in columns if self._is(name, _NOT_CATEGORIES, "categories")]
        if not text and readable and all(self._is_whole(self.table.column(name)) for name in readable):
            return self._stack([self.table.column(name).integers().values for name in readable], np.int64), "int64"
        return self._stack([self.table.column(name).texts() for name in readable], object), "string"

    def integers(self, columns: Sequence[str], *, help: str = "the model was trained on whole numbers") -> np.ndarray:
        """(rows, columns) int64 for a model that takes whole numbers; missing cells and others are reported and 0."""
        found = []
        for name in columns:
            cells = self._whole(name, lambda column: column.integers(), _NOT_WHOLE, "whole number", help)
            self._report_missing(name, cells.missing, f"{help}, of which none can be missing")
            found.append(cells.values)
        return self._stack(found, np.int64)

    def seconds(self, columns: Sequence[str]) -> np.ndarray:
        """(rows, columns) int64 seconds since 1970-01-01 00:00 UTC, `NO_TIME` where missing; cells that are no times are reported and 0."""
        found = []
        for name in columns:
            cells = self._whole(name, lambda column: column.seconds(), _NOT_TIMES, "time", FORMS)
            values = cells.values.copy()
            values[cells.missing] = NO_TIME
            found.append(values)
        return self._stack(found, np.int64)

    def _whole(self, name: str, read: Callable[[Column], Integers], reasons: dict[str, str], wanted: str, help: str) -> Integers:
        """A column that is read as int64, with stand-ins for bad cells."""
        if not self._is(name, reasons, f"{wanted}s"):
            none = np.empty(0, np.int64)
            return Integers(np.zeros(self.table.rows, np.int64), none, none)
        cells = read(self.table.column(name))
        self._report_cells(name, cells.bad, wanted, help)
        return cells

    def array(self, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray | None:
        """(rows, ...) numbers of the array's own type; None when there is no such array of finite numbers, or not of that shape."""
        if name not in self.table.columns:
            self.report("missing-column", f"the data has no array `{name}`", help=self._near(name))
            return None
        values = self.table.column(name).array()
        if values is None:
            help = "read a column of single numbers with `numeric`; a tensor has several numbers in each row, and as many in each"
            self.report("invalid-data", f"`{name}` is no array of numbers with several of them in each row", help=help)
            return None
        if shape is not None and values.shape[1:] != shape:
            message = f"a row of the array `{name}` has the shape {values.shape[1:]}, not {shape}"
            self.report("invalid-data", message, help="mend the array, or the `shape` in the spec")
            return None
        if values.dtype.kind == "f" and not self._all_fit(values):
            wrong = ~np.isfinite(values) | (np.abs(values) > LARGEST)
            rows = np.flatnonzero(wrong.reshape(len(values), -1).any(axis=1))
            help = "a tensor has no missing values, and its numbers are finite and at most 3.4e38 in size"
            message = f"the array `{name}` has NaN, infinite or too large numbers in {len(rows)} row{'s' if len(rows) > 1 else ''}"
            self.report("bad-cell", message, row=int(rows[0]), help=help)
            return None
        return self._chosen(values)

    def refuse_missing(self, columns: Sequence[str], type: RawType, *, target: bool = False) -> None:
        """Report missing values in any row of the table; `type` is what the columns are read as."""
        remedy = {"float32": "mean", "seconds": "median"}.get(type, "own")
        help = f"say what to do with them, e.g. `missing: {remedy}`"
        if target:
            help = "remove the rows: what a model shall find out must be known in all of them"
        for name in columns:
            column = self.table.column(name)
            if type == "float32" and column.kind not in _NOT_NUMBERS:
                cells = column.numbers()
                empty = np.isnan(cells.values)
                empty[cells.bad] = False
                self._report_missing(name, np.flatnonzero(empty), help)
            elif type == "string" and column.kind not in _NOT_CATEGORIES:
                self._report_missing(name, np.flatnonzero(column.texts() == ""), help)
            elif type == "seconds" and column.kind not in _NOT_TIMES:
                self._report_missing(name, column.seconds().missing, help)

    def raw(self, item: FittedInput | FittedTarget) -> np.ndarray | None:
        """The raw values of a fitted input or target, as its program takes them; None where columns are missing or of a wrong kind."""
        if isinstance(item, FittedInput) and item.shape is not None:
            values = self.array(item.columns[0], item.shape)
            return None if values is None else values.astype(np.float32, copy=False)
        before = len(self.problems)
        columns = [name for name in item.columns if name in self.expand((name,), globs=False)]
        if len(self.problems) > before:
            return None
        if item.type == "float32":
            return self.numbers(columns).astype(np.float32)
        if item.type == "int64":
            return self.integers(columns)
        if item.type == "seconds":
            return self.seconds(columns)
        values, _ = self.categories(columns, text=True)
        return values if values.shape[1] == len(columns) else None

    @property
    def _count(self) -> int:
        return self.table.rows if self.rows is None else len(self.rows)

    def _chosen(self, values: np.ndarray) -> np.ndarray:
        return values if self.rows is None else values[self.rows]

    def _stack(self, columns: list[np.ndarray], dtype: type) -> np.ndarray:
        stacked = np.empty((self._count, len(columns)), dtype)
        for position, values in enumerate(columns):
            stacked[:, position] = self._chosen(values)
        return stacked

    def _numbers(self, name: str) -> np.ndarray:
        """All rows of a column, with stand-ins for bad cells."""
        if not self._is(name, _NOT_NUMBERS, "numbers"):
            return np.zeros(self.table.rows)
        cells = self.table.column(name).numbers()
        if not len(cells.bad) and self._all_fit(cells.values, missing_allowed=True):
            return cells.values
        beyond = np.flatnonzero(np.abs(cells.values) > LARGEST)
        bad = np.union1d(cells.bad, beyond).astype(np.int64)
        self._report_cells(name, bad, "number")
        values = cells.values.copy()
        values[bad] = 0.0
        return values

    @staticmethod
    def _all_fit(values: np.ndarray, *, missing_allowed: bool = False) -> bool:
        """Whether all numbers are finite in float32; with `missing_allowed`, NaN may be among them."""
        if not values.size:
            return True
        least, most = (np.fmin.reduce, np.fmax.reduce) if missing_allowed else (np.min, np.max)
        lowest, highest = float(least(values, axis=None)), float(most(values, axis=None))
        if missing_allowed and np.isnan(lowest):  # nothing but missing values
            return True
        return lowest >= -LARGEST and highest <= LARGEST

    def _is(self, name: str, reasons: dict[str, str], wanted: str) -> bool:
        column = self.table.column(name)
        if column.kind in reasons:
            self._report_kind(name, column, wanted, reasons[column.kind])
            return False
        return True

    @staticmethod
    def _is_whole(column: Column) -> bool:
        if column.kind != "integer":
            return False
        cells = column.integers()
        return not len(cells.missing) and not len(cells.bad)

    def _report_kind(self, name: str, column: Column, wanted: str, reason: str) -> None:
        message, _, help = f"column `{name}` cannot be read as {wanted}: it holds {reason}".partition("; ")
        self.report("bad-cell", message, help=help)

    def _report_cells(self, name: str, rows: np.ndarray, wanted: str, help: str = "") -> None:
        if not len(rows):
            return
        column = self.table.column(name)
        cells = [column.show(int(row)) for row in rows[:_SHOWN]]
        shown = ", ".join(f"`{_short(cell)}`" for cell in cells) + (", ..." if len(rows) > _SHOWN else "")
        message = f"column `{name}`: {shown} is not a {wanted}"
        if len(rows) > 1:
            message = f"column `{name}` has {len(rows)} cells that are not {wanted}s: {shown}"
        self.report("bad-cell", message, row=int(rows[0]), help=help or number_help(cells[0]))

    def _report_missing(self, name: str, rows: np.ndarray, help: str) -> None:
        if len(rows):
            message = f"column `{name}` has {len(rows)} missing value{'s' if len(rows) > 1 else ''}"
            self.report("missing-value", message, row=int(rows[0]), help=help)

    def _near(self, name: str) -> str:
        for column in self.table.columns:
            if column.casefold() == name.casefold():
                return f"the data has `{column}`: upper and lower case count"
        return did_you_mean(name, self.table.columns)


def raw_inputs(preprocessing: Preprocessing, table: Table, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """What the exported model takes, by input: (rows, columns) float32, texts (object) or int64, (rows, *shape) float32 for a tensor.

    A missing number is NaN, a missing text "". What inputs refuse (`missing: error`, `unseen: error`) is not refused here.

    Raises:
        DataError: when columns are missing or cells cannot be read.
    """
    reader = ColumnReader(table, rows)
    values = {name: reader.raw(item) for name, item in preprocessing.inputs.items()}
    reader.raise_problems()
    return {name: array for name, array in values.items() if array is not None}


def _short(cell: str) -> str:
    return cell if len(cell) <= 40 else cell[:39] + "…"
