"""A data file, or a folder of them, opened as a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, MachineError
from mlpspec.files.suffixes import SUFFIXES, Format, usual_separator


def open_table(
    path: str | Path, *, format: Format | None = None, separator: str | None = None, missing_tokens: Sequence[str] = ("",)
) -> Table:
    """Open a data file, or a folder of files of one kind as one table (see `sources/folder.py`).

    Args:
        path: the file or folder.
        format: what the file is; its suffix tells by default.
        separator: what stands between the cells of a CSV file; a comma by default, a tab in `.tsv`.
        missing_tokens: texts that mean a missing value.

    Raises:
        DataError: when the file is missing, empty or damaged, or its header or rows are malformed.
        MachineError: when the file may not be read.
    """
    path = Path(path)
    name = shown(path)
    tokens = tuple(missing_tokens)
    try:
        if path.is_dir():
            from mlpspec.data.sources.folder import open_folder

            return open_folder(path, name, format, tokens, lambda file: _open_file(file, format, separator, tokens))
        return _open_file(path, format, separator, tokens)
    except PermissionError as error:
        raise MachineError(f"`{name}` cannot be read: permission denied", place=name, help="check the file's permissions") from error


def _open_file(path: Path, format: Format | None, separator: str | None, missing_tokens: tuple[str, ...]) -> Table:
    name = shown(path)
    check_file(path, name)
    return _opener(known_format(path, format))(path, name, missing_tokens, separator or usual_separator(path.suffix))


def known_format(path: Path, format: Format | None = None) -> Format:
    """What a file is: what was said, else what its suffix tells.

    Raises:
        DataError: when nothing tells.
    """
    format = format or SUFFIXES.get(path.suffix.lower())
    if format is None:
        name = shown(path)
        known = ", ".join(SUFFIXES)
        help = f"known suffixes: {known}; or write `format: csv`, `parquet`, `arrow` or `npz`"
        raise DataError(f"`{name}` has no suffix that tells its format", code="missing-data", place=name, help=help)
    return format


def shown(path: Path) -> str:
    """A path as messages show it: relative to the current folder when it lies below."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def check_file(path: Path, name: str) -> None:
    """See that a file is there and has something in it.

    Raises:
        DataError: when it is not, or has not.
    """
    if not path.exists():
        help = "check the path; one in a spec counts from the spec's folder"
        raise DataError(f"there is no file `{name}`", code="missing-data", place=name, help=help)
    if not path.is_file():
        raise DataError(f"`{name}` is not a file", code="missing-data", place=name, help="write the path of a data file")
    if path.stat().st_size == 0:
        raise DataError(f"`{name}` is empty", code="missing-data", place=name, help="a data file has a header and rows")


def _opener(format: Format) -> Callable[[Path, str, tuple[str, ...], str], Table]:
    """The reader of a format. Each is imported when it is needed: reading NPZ needs no polars."""
    if format == "csv":
        from mlpspec.data.sources.csv import open_csv

        return open_csv
    if format == "npz":
        from mlpspec.data.sources.npz import open_npz

        return lambda path, name, tokens, _separator: open_npz(path, name, tokens)
    from mlpspec.data.sources.parquet import open_arrow, open_parquet

    reader = open_parquet if format == "parquet" else open_arrow
    return lambda path, name, tokens, _separator: reader(path, name, tokens)
