"""From data in memory to the arrays that a model takes. All that is wrong with the data is said at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.diagnostics.faults import Faults
from mlpspec.runtime.card import InputCard, ModelCard
from mlpspec.runtime.cells import Column, ValuesColumn
from mlpspec.runtime.inputs import InputReader, Place, missing_columns, unequal_rows

if TYPE_CHECKING:
    from mlpspec.runtime.bad_rows import BadRows


def row_place(row: int) -> str:
    """The place of a row of data in memory.

    >>> row_place(0)
    'row 1'
    """
    return f"row {row + 1:,}"


def read_rows(data: Any, card: ModelCard, bad: BadRows | None = None, place: Place = row_place) -> dict[str, np.ndarray]:
    """The model's raw inputs from data in memory.

    Args:
        data: one of
            - a table of pandas, polars or pyarrow (anything with the Arrow PyCapsule interface);
            - a mapping from column names to lists or one-dimensional arrays;
            - one row, as a mapping from column names to single values, or a list of such rows;
            - a mapping from input names to ready arrays, (batch, columns), or (batch, *shape) for a tensor; columns may stand beside them;
            - for a model with one input, its array.
        card: what the model reads.
        bad: where rows that the model cannot take are set aside; without it they are errors.
        place: says where a row stands.

    Returns:
        An array for each input: (batch, columns) of float32, int64 or objects (texts); (batch, *shape) float32 for a tensor. Missing
        numbers are NaN, missing texts "". Columns that the model does not read are ignored.

    Raises:
        DataError: listing every missing column, unreadable cell, value that may not be missing, unknown category and wrong shape.
        UsageError: when it is none of these kinds of data.
        MachineError: when a table comes from pandas, and pyarrow is not installed.
    """
    faults = Faults() if bad is None else bad.whole
    given = _named(data, card)
    ready = {item.name: value for item in card.inputs if (value := _own_array(item, given)) is not None}
    missing_columns(card, [str(name) for name in given], faults, ready=ready)
    faults.raise_if_any()

    names = dict.fromkeys(name for item in card.inputs if item.name not in ready for name in item.columns)
    single = [name for name in names if _is_single(given[name])]
    if single and len(single) < len(names):
        several = next(name for name in names if name not in single)
        help = "give all as single values, which is one row, or all as lists"
        raise DataError(f"`{single[0]}` is a single value and `{several}` is a column", help=help)
    columns = {name: _column([given[name]] if single else given[name], card) for name in names}

    reader = InputReader(card, faults if bad is None else bad, place)
    arrays = {}
    for item in card.inputs:
        if item.name in ready:
            array = _array(ready[item.name], card)
            arrays[item.name] = reader.ready(item, array[None] if single and array.shape == item.shape else array)
        else:
            arrays[item.name] = reader.matrix(item, [columns[name] for name in item.columns])
    faults.raise_if_any()
    unequal_rows(arrays, faults)
    faults.raise_if_any()
    return arrays


def _named(data: Any, card: ModelCard) -> Mapping[str, Any]:
    """Data in memory as a mapping from names to columns, single values or arrays."""
    if isinstance(data, Mapping):
        return data
    if isinstance(data, np.ndarray) and len(card.inputs) == 1:
        return {card.inputs[0].name: data}
    if hasattr(data, "__arrow_c_stream__"):
        return _frame_columns(data)
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        names = dict.fromkeys(name for row in data for name in row)
        return {name: [row.get(name) for row in data] for name in names}
    kind = type(data).__name__
    help = "a polars LazyFrame becomes a table with `.collect()`" if kind == "LazyFrame" else "pass a table, or a dict of columns"
    raise UsageError(f"predictions need a table, a mapping from names to columns, or rows, not {kind}", help=help)


def _frame_columns(frame: Any) -> Mapping[str, Any]:
    """The columns of a table, as polars holds them."""
    try:
        import polars as pl

        table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    except ImportError as error:
        help = "pip install pyarrow polars, or pass `dict(frame)`"
        raise MachineError("reading a table needs polars, and pyarrow for pandas", code="missing-package", help=help) from error
    except Exception as error:  # the table's own library raises here, each its own kind
        reason = str(error).strip().split("\n", 1)[0]
        raise DataError(
            f"the {type(frame).__name__} cannot be read: {reason}", help="give each column one type and its own name"
        ) from error
    return {name: table.get_column(name) for name in table.columns}


def _own_array(item: InputCard, given: Mapping[str, Any]) -> Any:
    """The array that the data holds for a whole input; None when it has only columns."""
    if item.shape is not None:
        return given.get(item.name, given.get(item.columns[0]))
    value = given.get(item.name)
    if value is None or getattr(value, "ndim", 0) >= 2:
        return value
    stands_for_columns = item.name not in item.columns and any(column not in given for column in item.columns)
    return value if stands_for_columns else None


def _array(value: Any, card: ModelCard) -> np.ndarray:
    """An array from what a caller passes as one."""
    if _is_polars(value):
        array = _column(value, card).array()
        return np.empty(0, object) if array is None else array
    try:
        return np.asarray(value)
    except ValueError:  # lists of different lengths
        return np.array(None, object)


def _column(values: Any, card: ModelCard) -> Column:
    if _is_polars(values):
        from mlpspec.runtime.series import SeriesColumn

        return SeriesColumn(values, card.missing_tokens)
    if not isinstance(values, (list, np.ndarray)):
        values = np.asarray(values) if hasattr(values, "__array__") else list(values)
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return ValuesColumn(values, card.missing_tokens)


def _is_polars(value: Any) -> bool:
    return type(value).__module__.startswith("polars.")


def _is_single(value: Any) -> bool:
    """Whether a value is one cell rather than a column of them."""
    if value is None or isinstance(value, (str, bytes, int, float, np.generic)):
        return True
    return getattr(value, "ndim", None) == 0 or not isinstance(value, Iterable)
