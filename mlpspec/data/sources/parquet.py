"""Parquet and Arrow files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl

from mlpspec.data.sources.series import FrameTable
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError
from mlpspec.files.suffixes import Format

T = TypeVar("T")


def open_parquet(path: Path, name: str, missing_tokens: Sequence[str]) -> Table:
    """A Parquet file as a table.

    Raises:
        DataError: when the file is damaged, of another kind, or has a column name twice.
    """
    return FrameTable(name, read_or_say_why(lambda: pl.read_parquet(path, glob=False), name, "a Parquet file"), missing_tokens)


def open_arrow(path: Path, name: str, missing_tokens: Sequence[str]) -> Table:
    """An Arrow file (`.arrow`, `.feather`, `.ipc`), of the file or the stream form, as a table.

    Raises:
        DataError: when the file is damaged, of another kind, or has a column name twice.
    """
    read = pl.read_ipc if _is_file_form(path) else pl.read_ipc_stream
    return FrameTable(name, read_or_say_why(lambda: read(path), name, "an Arrow file"), missing_tokens)


def scan(path: Path, format: Format) -> pl.LazyFrame:
    """A Parquet or Arrow file, to be read in pieces. An Arrow file of the stream form is read whole."""
    if format == "parquet":
        return pl.scan_parquet(path, glob=False)
    return pl.scan_ipc(path) if _is_file_form(path) else pl.read_ipc_stream(path).lazy()


def _is_file_form(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) == b"ARROW1"


def read_or_say_why(read: Callable[[], T], name: str, kind: str) -> T:
    """What `read` gives.

    Args:
        name: how messages call the file.
        kind: what it should be.

    Raises:
        DataError: when polars cannot read it.
    """
    try:
        return read()
    except PermissionError:
        raise
    except pl.exceptions.DuplicateError as error:
        raise DataError(f"`{name}` has a column name twice", code="bad-header", place=name, help="give each column its own name") from error
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise DataError(f"`{name}` cannot be read as {kind}: {reason}", place=name, help="check that the file is complete") from error
