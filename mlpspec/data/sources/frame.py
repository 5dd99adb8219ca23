"""Data in memory: frames of pandas, polars and pyarrow, and mappings from names to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        raise DataError(f"the {type(frame).__name__} cannot be read: {reason}", help="give each column one type and its own name") from error
    return FrameTable("", table.select(pl.exclude(r"^__index_level_\d+__$")), missing_tokens)


def _array(name: str, values: Any) -> np.ndarray:
    array = values if isinstance(values, np.ndarray) else _plain(list(values)) if isinstance(values, (list, tuple)) else np.asarray(values)
    if array.dtype.kind == "O":
        array = _plain(array.tolist())
    if array.dtype.kind not in "biufU":
        help = "make it numbers, booleans or texts, with None or NaN where a value is missing"
        raise DataError(f"the column `{name}` mixes types or holds neither numbers nor texts", help=help)
    return array


def _plain(values: list[Any]) -> np.ndarray:
    """A list as an array of one type; of Python objects where it mixes types. None is a missing value."""
    present = [value for value in values if not (value is None or isinstance(value, float) and value != value)]
    if len(present) == len(values) or not all(isinstance(value, str) for value in present):
        if len({_sort(value) for value in present}) <= 1:
            return np.array([np.nan if value is None else value for value in values])
        return np.array(values, object) if values and not isinstance(values[0], (list, tuple)) else _ragged(values)
    return np.array([value if isinstance(value, str) else "" for value in values], "U")


def _sort(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def _ragged(values: list[Any]) -> np.ndarray:
    return np.array(values, object)
