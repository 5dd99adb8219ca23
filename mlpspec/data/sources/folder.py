"""Folders of data files of one kind, read as one table: the files one behind another, in the order of their names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import polars as pl

from mlpspec.data.sources.series import FrameTable
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, did_you_mean
from mlpspec.files.suffixes import SUFFIXES, Format

FORMATS: tuple[Format, ...] = ("parquet", "arrow", "csv")
"""The kinds of files that a folder may hold."""


class FolderTable(FrameTable):
    """The rows of several tables. `place` says where a row stands in its own file."""

    def __init__(self, name: str, tables: Sequence[FrameTable], missing_tokens: Sequence[str]):
        super().__init__(name, pl.concat([table.frame.select(tables[0].columns) for table in tables]), missing_tokens)
        self._tables, self._ends = tables, list(accumulate(table.rows for table in tables))

    def place(self, row: int) -> str:
        number = bisect_right(self._ends, row)
        table = self._tables[number]
        return table.place(row - self._ends[number] + table.rows)


def data_files(folder: Path, name: str, format: Format | None = None) -> list[Path]:
    """The data files of a folder, sorted by name; those that start with `.` or `_`, as other programs' notes do, are left out.

    Args:
        name: how messages call the folder.
        format: what the files are; their suffixes tell by default, and must agree.

    Raises:
        DataError: when there are none, or folders or other files are among them.
    """
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_"))]
    kinds = {path: _kind(path, format) for path in found}
    problems = [_foreign(path, name) for path, kind in kinds.items() if kind not in FORMATS]
    if problems:
        raise DataError(problems[:5])
    if not found:
        help = "name a folder of Parquet, Arrow or CSV files, or a single file"
        raise DataError(f"the folder `{name}` holds no data files", code="missing-data", place=name, help=help)
    different = sorted({str(kind) for kind in kinds.values()})
    if len(different) > 1:
        help = "keep files of one kind in it"
        raise DataError(f"the folder `{name}` holds files of several kinds: {', '.join(different)}", place=name, help=help)
    return found


def open_folder(folder: Path, name: str, format: Format | None, missing_tokens: Sequence[str], open_file: Callable[[Path], Table]) -> Table:
    """All files of a folder as one table.

    Args:
        open_file: opens one of them.

    Raises:
        DataError: with all that is wrong with the files, or when their columns differ.
    """
    tables: list[FrameTable] = []
    problems: list[Diagnostic] = []
    for path in data_files(folder, name, format):
        try:
            table = open_file(path)
        except DataError as error:
            problems += error.diagnostics
            continue
        assert isinstance(table, FrameTable)  # as those of all FORMATS
        tables.append(table)
    if not problems:
        first, *others = tables
        schema = dict(first.frame.schema)
        problems = [problem for table in others for problem in different_columns(schema, table.frame.schema, first.name, table.name)]
    if problems:
        raise DataError(problems)
    return FolderTable(name, tables, missing_tokens)


def different_columns(
    one: Mapping[str, pl.DataType], other: Mapping[str, pl.DataType], first: str, second: str, columns: Iterable[str] | None = None
) -> list[Diagnostic]:
    """What keeps the rows of two files from standing below each other: columns that one lacks, or that have another type.

    Args:
        one, other: columns and types of the files `first` and `second`.
        columns: those that count; by default all of the first.
    """
    problems = []
    for name in one if columns is None else columns:
        if name not in other:
            message = f"`{second}` has no column `{name}`, which `{first}` has"
            problems.append(Diagnostic("missing-column", message, place=second, help=did_you_mean(name, other)))
        elif one[name] != other[name]:
            message = f"the column `{name}` is {other[name]} in `{second}` and {one[name]} in `{first}`"
            problems.append(Diagnostic("invalid-data", message, place=second, help="write it with one type in all files"))
    return problems


def _kind(path: Path, format: Format | None) -> Format | None:
    return (format or SUFFIXES.get(path.suffix.lower())) if path.is_file() else None


def _foreign(path: Path, name: str) -> Diagnostic:
    what = "another folder" if path.is_dir() else f"`{path.name}`, which is no Parquet, Arrow or CSV file"
    if path.is_dir():
        what += f", `{path.name}`"
    help = "move it away, or start its name with `_`"
    return Diagnostic("missing-data", f"the folder `{name}` holds {what}", place=name, help=help)
