"""Data in memory: frames of pandas, polars and pyarrow, and mappings from names to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from mlpspec.data.sources.arrays import ArrayTable
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, MachineError, UsageError


def open_frame(frame: Any, *, missing_tokens: Sequence[str] = ("",)) -> Table:
    """Data in memory as a table.

    Args:
        frame: a table that speaks the Arrow PyCapsule interface (pandas, polars, pyarrow), or a mapping from names to arrays or lists.
        missing_tokens: texts that mean a missing value, beside null, None and NaN.

    Raises:
        UsageError: when it is none of these.
        DataError: when a column mixes types, or lengths differ.
        MachineError: when a pandas frame comes without pyarrow.
    """
    if isinstance(frame, Mapping):
        return ArrayTable("", {str(name): _array(str(name), values) for name, values in frame.items()}, missing_tokens)
    if not hasattr(frame, "__arrow_c_stream__"):
        kind = type(frame).__name__
        help = "a polars LazyFrame becomes one with `.collect()`" if kind == "LazyFrame" else ""
        raise UsageError(f"a {kind} is not a table: pass a pandas, polars or pyarrow table, or a mapping from names to arrays", help=help)
    import polars as pl

    from mlpspec.data.sources.series import FrameTable

    try:
        table = pl.DataFrame(frame) if not isinstance(frame, pl.DataFrame) else frame
    except ImportError as error:
        help = "pip install pyarrow, or pass a polars frame or a dict of arrays"
        raise MachineError("reading a pandas frame needs pyarrow", code="missing-package", help=help) from error
    except Exception as error:  # the frame's own library raises here, each its own kind
        reason = str(error).strip().split("\n", 1)[0]
        help = "give each column one type and its own name"
        raise DataError(f"the {type(frame).__name__} cannot be read: {reason}", help=help) from error
    return FrameTable("", table.select(pl.exclude(r"^__index_level_\d+__$")), missing_tokens)


def _array(name: str, values: Any) -> np.ndarray:
    array = values if isinstance(values, np.ndarray) and values.dtype.kind != "O" else _plain(list(values))
    if array is None or array.dtype.kind not in "biufUM":
        help = "make it numbers, booleans, times or texts, with None or NaN where a value is missing"
        raise DataError(f"the column `{name}` mixes types or holds neither numbers nor times nor texts", help=help)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _plain(values: list[Any]) -> np.ndarray | None:
    """Python values as an array of one type, None and NaN being missing values; None when they have no common type."""
    sorts = {_sort(value) for value in values}
    has_missing = "missing" in sorts
    sorts.discard("missing")
    if sorts == {"text"}:
        return np.array([value if isinstance(value, str) else "" for value in values], "U")
    if sorts == {"boolean"} and has_missing:
        return np.array([str(value).lower() if _sort(value) == "boolean" else "" for value in values], "U")
    if sorts == {"time"}:
        return np.array([np.datetime64("NaT") if _sort(value) == "missing" else _utc(value) for value in values], "M8[us]")
    if sorts <= {"number"}:
        return np.array([np.nan if value is None else value for value in values], np.float64 if has_missing or not values else None)
    if len(sorts) > 1 or has_missing:
        return None
    try:
        return np.array(values)
    except ValueError:  # rows of different lengths
        return None


def _sort(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and value != value):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, int | float | np.number):
        return "number"
    if isinstance(value, date | np.datetime64):
        return "missing" if str(value) == "NaT" else "time"
    return "text" if isinstance(value, str) else "other"


def _utc(time: date | np.datetime64) -> date | np.datetime64:
    """A time with a zone as the time in UTC without one, which is how NumPy takes it."""
    return time.astimezone(UTC).replace(tzinfo=None) if isinstance(time, datetime) and time.tzinfo is not None else time
