"""Parquet and Arrow files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from mlpspec.data.sources.series import FrameTable
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError


def open_parquet(path: Path, name: str, missing_tokens: Sequence[str]) -> Table:
    """A Parquet file as a table.

    Raises:
        DataError: when the file is damaged, of another kind, or has a column name twice.
    """
    return FrameTable(name, _read(lambda: pl.read_parquet(path, glob=False), name, "a Parquet file"), missing_tokens)


def open_arrow(path: Path, name: str, missing_tokens: Sequence[str]) -> Table:
    """An Arrow file (`.arrow`, `.feather`, `.ipc`), of the file or the stream form, as a table.

    Raises:
        DataError: when the file is damaged, of another kind, or has a column name twice.
    """
    with path.open("rb") as file:
        is_file_form = file.read(6) == b"ARROW1"
    read = pl.read_ipc if is_file_form else pl.read_ipc_stream
    return FrameTable(name, _read(lambda: read(path), name, "an Arrow file"), missing_tokens)


def _read(read: Callable[[], pl.DataFrame], name: str, kind: str) -> pl.DataFrame:
    try:
        return read()
    except PermissionError:
        raise
    except pl.exceptions.DuplicateError as error:
        raise DataError(f"`{name}` has a column name twice", code="bad-header", place=name, help="give each column its own name") from error
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise DataError(f"`{name}` cannot be read as {kind}: {reason}", place=name, help="check that the file is complete") from error
