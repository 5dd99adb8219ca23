"""What only polars has; that the readers agree on the rest is tested in test_cells.py."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from mlpspec.runtime.series import SeriesColumn


def column(*arguments, **options):
    return SeriesColumn(pl.Series("c", *arguments, **options), ["", "NA"])


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["a", "b", "NA"])])
def test_categories_are_texts(dtype):
    cells = column(["a", "NA", None, "b"], dtype=dtype).texts({"a"})
    assert cells.values.tolist() == ["a", "", "", "b"]
    assert (cells.missing.tolist(), cells.unseen.tolist()) == ([1, 2], [3])


@pytest.mark.parametrize(
    ("dtype", "expected"), [(pl.Int8, [1, 2]), (pl.UInt64, [1, 2]), (pl.Decimal(10, 2), [1, 2]), (pl.Float64, [1, 2]), (pl.Boolean, [1, 0])]
)
def test_numbers_of_every_kind(dtype, expected):
    values = [True, False, None] if dtype == pl.Boolean else [1, 2, None]
    cells = column(values, dtype=dtype).numbers()
    assert cells.values[:2].tolist() == expected
    assert cells.values.dtype == np.float32
    assert cells.missing.tolist() == [2]


def test_nothing_at_all_is_missing():
    for cells in (column([None, None]).numbers(), column([None, None]).texts(None), column([None, None]).integers(None)):
        assert (cells.missing.tolist(), cells.bad.tolist()) == ([0, 1], [])


def test_beyond_float32_is_infinite():
    assert math.isinf(column([1e39]).numbers().values[0])
    assert math.isinf(column(["1e39"]).numbers().values[0])


def test_arrays():
    assert column([[1, 2], [3, 4]]).array().shape == (2, 2)  # type: ignore[union-attr]
    assert column([[[1], [2]]], dtype=pl.Array(pl.Int64, (2, 1))).array().shape == (1, 2, 1)  # type: ignore[union-attr]
    assert column([[1, 2], [3]]).array() is None
    assert column([[1, 2], None]).array() is None
    assert column(["a"]).array() is None
    assert len(column(["a", "b"])) == 2


def test_large_columns_of_texts():
    texts = [str(number / 8) for number in range(100_000)]
    texts[500] = "NA"
    cells = column(texts).numbers()
    assert np.flatnonzero(np.isnan(cells.values)).tolist() == cells.missing.tolist() == [500]
    np.testing.assert_array_equal(np.delete(cells.values, 500), np.delete(np.arange(100_000, dtype=np.float32) / 8, 500))
