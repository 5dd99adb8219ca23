from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlpspec.data.sources.arrays import ArrayColumn
from mlpspec.data.sources.series import SeriesColumn

TOKENS = ("", "NA", "-999")


@pytest.fixture(params=["polars", "numpy"])
def column(request):
    """A column of texts, held by polars or by NumPy: both must read alike."""

    def make(cells, tokens=TOKENS):
        if request.param == "polars":
            return SeriesColumn(pl.Series("a", cells, dtype=pl.String), tokens)
        return ArrayColumn(np.array(cells, "U"), tokens)

    return make


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1", 1),
        (" 2", 2),
        ("2\t", 2),
        ("+1", 1),
        (".5", 0.5),
        ("5.", 5),
        ("1e5", 1e5),
        ("-1E-5", -1e-5),
        ("0.1", 0.1),
        ("9007199254740993", 2.0**53),
    ],
)
def test_numbers(column, cell, number):
    found = column([cell, "0"]).numbers()
    assert found.values.tolist() == [number, 0]
    assert found.bad.tolist() == []


@pytest.mark.parametrize(
    "cell", ["1,234", "1_000", "0x10", "5%", "１２", "abc", "true", "1 2", "nan", "NaN", "?", "N/A", "-", "--1", "1e", "\xa01"]
)
def test_texts_that_are_no_numbers(column, cell):
    found = column(["3", cell, "4"]).numbers()
    assert found.bad.tolist() == [1]
    assert found.values[[0, 2]].tolist() == [3, 4]


@pytest.mark.parametrize(("cell", "number"), [("inf", np.inf), ("-Infinity", -np.inf), ("1e400", np.inf)])
def test_infinity_is_kept_for_the_reader_to_refuse(column, cell, number):
    assert column([cell]).numbers().values.tolist() == [number]


@pytest.mark.parametrize("cell", ["", "NA", "-999", " NA ", "  ", "-999 "])
def test_declared_missing_values(column, cell):
    found = column(["1", cell]).numbers()
    assert found.bad.tolist() == []
    assert np.array_equal(found.values, [1, np.nan], equal_nan=True)


def test_a_declared_nan(column):
    found = column(["1", "nan"], ("", "nan")).numbers()
    assert found.bad.tolist() == []
    assert np.isnan(found.values[1])


def test_texts_keep_their_spaces_and_lose_only_exact_tokens(column):
    assert column(["NA", " NA", "x ", ""]).texts().tolist() == ["", " NA", "x ", ""]


def test_whole_numbers(column):
    found = column(["7", " -8 ", "007", "NA", "1.5", "x", "9223372036854775808", "9223372036854775807"]).integers()
    assert found.values.tolist() == [7, -8, 7, 0, 0, 0, 0, 2**63 - 1]
    assert found.missing.tolist() == [3]
    assert found.bad.tolist() == [4, 5, 6]


def test_showing_a_cell(column):
    assert column([" x"]).show(0) == " x"


def test_times_in_texts(column):
    found = column(["1970-01-02", " 1970-01-01T00:01Z ", "NA", "-60", "29.2.2024", "", " NA ", "29.2.2024"]).seconds()
    assert found.values.tolist() == [86400, 60, 0, -60, 0, 0, 0, 0]
    assert found.missing.tolist() == [2, 5, 6]
    assert found.bad.tolist() == [4, 7]


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("ms"), pl.Datetime("ns"), pl.Datetime("us", "Europe/Berlin")])
def test_times_of_polars(dtype):
    series = pl.Series(["1899-12-31", None, "2024-02-29"]).str.to_datetime(time_zone="UTC")
    column = SeriesColumn(series.cast(dtype), TOKENS)
    found = column.seconds()
    assert column.kind == "time"
    assert found.values[[0, 2]].tolist() == [-2_209_075_200, 1_709_164_800]
    assert found.missing.tolist() == [1]
