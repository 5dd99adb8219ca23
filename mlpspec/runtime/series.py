"""A column of polars, read as what a model takes. `cells.py` does the same for Python and NumPy values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import polars as pl

from mlpspec.instants import NO_TIME, seconds_of_array, seconds_of_texts
from mlpspec.runtime.cells import SPACES, Cells, no_rows


class SeriesColumn:
    """A polars series. Null and NaN are missing, as are texts among `tokens` and empty ones."""

    def __init__(self, series: pl.Series, tokens: Collection[str]):
        if series.dtype in (pl.Categorical, pl.Enum, pl.Null):
            series = series.cast(pl.String)
        self._series = series
        self._tokens = [*{"", *tokens}]

    def __len__(self) -> int:
        return len(self._series)

    def numbers(self) -> Cells:
        """float32 values; infinite ones are kept."""
        dtype = self._series.dtype
        if dtype == pl.String:
            return self._parsed()
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            return Cells(np.full(len(self), np.nan, np.float32), *self._all_bad(), unfit=True)
        values = _float32(self._series)
        return Cells(values, np.flatnonzero(np.isnan(values)))

    def texts(self, known: Collection[str] | None) -> Cells:
        """Object array of str; integers in decimal, booleans as `true` and `false`."""
        series = self._series
        if series.dtype != pl.String:
            if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
                return Cells(np.full(len(self), "", object), *self._all_bad(), unfit=True)
            series = _decimal(series)
        missing = series.is_null() | _among(series, self._tokens)
        if missing.any():
            series = series.set(missing, "")
        unseen = ~(_among(series, list(known)) | missing) if known is not None else None
        return Cells(
            series.to_numpy().astype(object, copy=False),
            _rows(missing),
            unseen=_rows(unseen) if unseen is not None else no_rows(),
        )

    def integers(self, known: Collection[int] | None) -> Cells:
        """int64 values."""
        series = self._series
        missing = series.is_null()
        if series.dtype == pl.String:
            series = series.str.strip_chars(SPACES)
            missing |= _among(series, self._tokens)
            series = series.set(missing, None)
        elif series.dtype.is_float():
            missing |= series.is_nan().fill_null(value=False)
            series = series.set(series != series.floor(), None)
        elif not series.dtype.is_integer():
            return Cells(np.zeros(len(self), np.int64), *self._all_bad(), unfit=True)
        values = series.cast(pl.Int64, strict=False)
        bad = values.is_null() & ~missing
        unseen = ~(values.is_in(list(known)).fill_null(value=True)) if known is not None else missing.clear()
        return Cells(values.fill_null(0).to_numpy(), _rows(missing), _rows(bad), _rows(unseen))

    def seconds(self) -> Cells:
        """int64 seconds since 1970-01-01 00:00 UTC; `NO_TIME` where missing."""
        series = self._series
        if series.dtype == pl.String:
            texts = SeriesColumn(series.str.strip_chars(SPACES), self._tokens).texts(None)
            values, bad = seconds_of_texts(texts.values)
            values[texts.missing] = NO_TIME
            return Cells(values, texts.missing, bad)
        if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
            values = seconds_of_array(series.cast(pl.Datetime("us")).to_numpy())
            return Cells(values, np.flatnonzero(values == NO_TIME))
        cells = self.integers(None)
        values = cells.values.copy()
        values[cells.missing] = NO_TIME
        return replace(cells, values=values)

    def array(self) -> np.ndarray | None:
        """Numbers (rows, ...); None when the cells are no such array."""
        series = self._series
        if isinstance(series.dtype, pl.List):
            lengths = series.list.len().unique()
            if len(lengths) != 1 or lengths[0] is None:
                return None
            series = series.list.to_array(lengths[0])
        values = series.to_numpy()
        return values if values.dtype.kind in "fiub" else None

    def show(self, row: int) -> str:
        """A cell as text."""
        return str(self._series[row])

    def _all_bad(self) -> tuple[np.ndarray, np.ndarray]:
        absent = self._series.is_null()
        return _rows(absent), _rows(~absent)

    def _parsed(self) -> Cells:
        """Texts as numbers. Most cells are plain finite numbers; only the others are looked at a second time."""
        series = self._series
        direct = series.cast(pl.Float32, strict=False)
        values = direct.to_numpy(writable=True)
        odd = ~np.isfinite(values)
        numeric_tokens = [token for token in self._tokens if _is_number(token)]
        if numeric_tokens:
            odd |= _among(series, numeric_tokens).to_numpy()
        rows = np.flatnonzero(odd)
        if not len(rows):
            return Cells(values)
        cells = series.gather(rows).fill_null("").str.strip_chars(SPACES)
        missing = _among(cells, self._tokens).to_numpy()
        again = cells.cast(pl.Float32, strict=False).to_numpy(writable=True)
        again[missing] = np.nan
        values[rows] = again
        return Cells(values, rows[missing], rows[np.isnan(again) & ~missing])


def _float32(series: pl.Series) -> np.ndarray:
    with np.errstate(over="ignore"):  # becomes infinite, which the caller reports
        return series.cast(pl.Float64).to_numpy().astype(np.float32) if series.dtype != pl.Float32 else series.to_numpy()


def _decimal(series: pl.Series) -> pl.Series:
    """Numbers and booleans as texts; floats that are whole without a point."""
    if not series.dtype.is_float():
        return series.cast(pl.String)
    series = series.fill_nan(None)
    whole = series.cast(pl.Int64, strict=False)
    return series.cast(pl.String).zip_with((whole.cast(series.dtype) != series).fill_null(value=True), whole.cast(pl.String))


def _among(series: pl.Series, values: list[str]) -> pl.Series:
    return series.is_in(values).fill_null(value=False)


def _rows(mask: pl.Series) -> np.ndarray:
    return mask.arg_true().to_numpy()


def _is_number(token: str) -> bool:
    return pl.Series([token]).cast(pl.Float32, strict=False)[0] is not None
