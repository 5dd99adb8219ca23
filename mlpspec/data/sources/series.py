"""Columns that polars holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl

from mlpspec.data.cells import reads_as_number
from mlpspec.data.table import Column, Integers, Kind, Numbers, Table
from mlpspec.instants import seconds_of_array, seconds_of_texts

_SPACES = " \t"


class SeriesColumn(Column):
    """A polars series as a column. NaN in a column of floats is a missing value, as null is; `missing_tokens` are for texts."""

    def __init__(self, series: pl.Series, missing_tokens: Sequence[str]):
        if series.dtype in (pl.Categorical, pl.Enum, pl.Null):
            series = series.cast(pl.String)
        self._series = series
        self._tokens = list(missing_tokens)
        self.kind = _kind(series.dtype)

    def numbers(self) -> Numbers:
        return self._numbers

    @cached_property
    def _numbers(self) -> Numbers:
        if self.kind == "text":
            return _parse(self._series, self._tokens)
        values = self._series.cast(pl.Float64).to_numpy(writable=True)
        return Numbers(values, np.empty(0, np.int64))

    def texts(self) -> np.ndarray:
        series = self._series.cast(pl.String)
        if self.kind == "text" and self._tokens != [""]:
            series = series.set(series.is_in(self._tokens).fill_null(value=True), "")
        return series.fill_null("").to_numpy().astype(object, copy=False)

    def integers(self) -> Integers:
        series, absent = self._series, self._series.is_null()
        if self.kind == "text":
            series = series.str.strip_chars(_SPACES)
            absent |= series.is_in([*self._tokens, ""]).fill_null(value=False)
        values = series.cast(pl.Int64, strict=False)
        bad = values.is_null() & ~absent
        return Integers(values.fill_null(0).to_numpy(), absent.arg_true().to_numpy(), bad.arg_true().to_numpy())

    def seconds(self) -> Integers:
        if self.kind == "integer":
            return self.integers()
        if self.kind == "text":
            texts = SeriesColumn(self._series.str.strip_chars(_SPACES), self._tokens).texts()
            values, bad = seconds_of_texts(texts)
            return Integers(values, np.flatnonzero(texts == ""), bad)
        times = self._series.cast(pl.Datetime("us")).to_numpy()
        return Integers(np.where(np.isnat(times), 0, seconds_of_array(times)), np.flatnonzero(np.isnat(times)), np.empty(0, np.int64))

    def array(self) -> np.ndarray | None:
        series = self._series
        if isinstance(series.dtype, pl.List):
            lengths = series.list.len().unique()
            if len(lengths) != 1 or lengths[0] is None:
                return None
            series = series.list.to_array(lengths[0])
        if not isinstance(series.dtype, pl.Array):
            return None
        values = series.to_numpy()
        return values if values.dtype.kind in "biuf" else None

    def show(self, row: int) -> str:
        return str(self._series[row])


class FrameTable(Table):
    """A polars frame as a table."""

    def __init__(self, name: str, frame: pl.DataFrame, missing_tokens: Sequence[str]):
        self.name, self.frame = name, frame
        self.rows = frame.height
        self.columns = tuple(frame.columns)
        self._columns = {column.name: SeriesColumn(column, missing_tokens) for column in frame.iter_columns()}

    def column(self, name: str) -> SeriesColumn:
        return self._columns[name]


def _kind(dtype: pl.DataType) -> Kind:
    if dtype == pl.String:
        return "text"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    if dtype.is_float() or dtype.is_decimal():
        return "number"
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return "time"
    return "array" if isinstance(dtype, pl.Array | pl.List) else "other"


def _parse(series: pl.Series, tokens: list[str]) -> Numbers:
    """Texts as numbers, spaces around them not counted. Most cells are plain numbers; only the others are looked at a second time."""
    direct = series.cast(pl.Float64, strict=False)
    odd = series.is_not_null() & direct.fill_null(np.nan).is_nan()
    if numeric := [token for token in tokens if reads_as_number(token)]:
        odd |= series.is_in(numeric).fill_null(value=False)
    values = direct.to_numpy(writable=True)
    rows = odd.arg_true().to_numpy()
    if not len(rows):
        return Numbers(values, rows)
    cells = series.filter(odd).str.strip_chars(_SPACES)
    missing = cells.is_in(tokens).to_numpy()
    again = cells.cast(pl.Float64, strict=False).to_numpy(writable=True)
    again[missing] = np.nan
    values[rows] = again
    return Numbers(values, rows[np.isnan(again) & ~missing])
