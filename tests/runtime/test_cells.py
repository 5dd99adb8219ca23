"""Both readers of columns, of Python values and of polars series, mean the same."""

from __future__ import annotations

import datetime
import decimal
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpspec.instants import NO_TIME
from mlpspec.runtime.cells import ValuesColumn
from mlpspec.runtime.series import SeriesColumn

TOKENS = ["", "NA", "-999"]


def values_column(values):
    return ValuesColumn(values, TOKENS)


def series_column(values):
    return SeriesColumn(pl.Series("c", values, strict=False), TOKENS)


def plain(cells):
    values = [None if isinstance(v, float) and math.isnan(v) else v for v in cells.values.tolist()]
    return values, cells.missing.tolist(), cells.bad.tolist(), cells.unseen.tolist()


both = pytest.mark.parametrize("column", [values_column, series_column])


@both
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2.5", "+3", ".5", "5.", "1e2", "1E-2"], [1, -2.5, 3, 0.5, 5, 100, 0.01]),
        ([" 1", "2 ", "\t3\t"], [1, 2, 3]),
    ],
)
def test_numbers_in_texts(column, texts, expected):
    values, missing, bad, _ = plain(column(texts).numbers())
    assert values == pytest.approx(expected)
    assert (missing, bad) == ([], [])


@both
@pytest.mark.parametrize(
    "text", ["1,5", "1_000", "0x10", "１", "5%", "abc", "nan", "NaN", "-", "1 2", "--1", "1e", "true", "٣", "1f", "None"]
)
def test_texts_that_are_no_numbers(column, text):
    assert plain(column(["1", text, "2"]).numbers()) == ([1, None, 2], [], [1], [])


@both
@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "1e400", "1e39", "-3.5e38"])
def test_infinite_texts_are_kept_as_such(column, text):
    values, _, bad, _ = plain(column([text]).numbers())
    assert math.isinf(values[0])
    assert bad == []


@both
def test_missing_numbers(column):
    texts = ["1", None, "", "NA", " NA ", "-999", "  ", "-999.0"]
    values, missing, bad, _ = plain(column(texts).numbers())
    assert values == [1, None, None, None, None, None, None, -999]
    assert (missing, bad) == ([1, 2, 3, 4, 5, 6], [])


@both
@pytest.mark.parametrize("values", [[1, None, 2], [1.5, None, math.nan], [True, False, None]])
def test_typed_numbers(column, values):
    found, missing, bad, _ = plain(column(values).numbers())
    expected = [None if v is None or v != v else float(v) for v in values]
    assert found == expected
    assert missing == [row for row, v in enumerate(expected) if v is None]
    assert bad == []


@both
def test_texts_are_taken_as_they_are_but_for_tokens(column):
    assert plain(column(["a", " a", "NA", None, "", "ä", "007"]).texts(None)) == (["a", " a", "", "", "", "ä", "007"], [2, 3, 4], [], [])


@both
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, -4, None], ["3", "-4", ""]),
        ([3.0, 2.5, None, math.nan], ["3", "2.5", "", ""]),
        ([True, False, None], ["true", "false", ""]),
    ],
)
def test_numbers_as_texts(column, values, expected):
    assert column(values).texts(None).values.tolist() == expected


@both
def test_unknown_categories(column):
    cells = column(["a", "x", "", None, "b", "y"]).texts({"a", "b"})
    assert cells.unseen.tolist() == [1, 5]
    cells = column([3, 9, None, 5]).integers({3, 5})
    assert (cells.unseen.tolist(), cells.missing.tolist()) == ([1], [2])


@both
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            ["1", " 2 ", "x", "1.0", "NA", "9223372036854775807", "9223372036854775808", ""],
            ([1, 2, 0, 0, 0, 2**63 - 1, 0, 0], [4, 7], [2, 3, 6], []),
        ),
        ([1, None, -5], ([1, 0, -5], [1], [], [])),
        ([1.0, 2.5, None], ([1, 0, 0], [2], [1], [])),
    ],
)
def test_integers(column, values, expected):
    assert plain(column(values).integers(None)) == expected


@both
@pytest.mark.parametrize("value", [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), datetime.timedelta(1), b"1"])
def test_what_is_neither_number_nor_text(column, value):
    for cells in (column([value]).numbers(), column([value]).texts(None), column([value]).integers(None)):
        assert cells.bad.tolist() == [0]
    assert column([value]).show(0)


def test_numpy_and_pandas_kinds():
    assert plain(values_column(np.array(["1", "x"])).numbers()) == ([1, None], [], [1], [])
    assert plain(values_column(np.ma.masked_array([1.0, 2.0], [False, True])).numbers()) == ([1, None], [1], [], [])
    assert plain(values_column(np.array([1, 2, 3], np.uint8)).numbers()) == ([1, 2, 3], [], [], [])
    assert plain(values_column(np.array(["2020-01-01", "NaT"], "datetime64[ns]")).numbers())[2] == [0, 1]
    assert plain(values_column(np.asarray(pd.Series([1, None], dtype="Int64"))).numbers()) == ([1, None], [1], [], [])
    assert plain(values_column(np.asarray(pd.Series(["a", None], dtype="string"))).texts(None)) == (["a", ""], [1], [], [])
    assert values_column(np.array([0.1], np.float32)).texts(None).values.tolist() == ["0.1"]
    assert plain(values_column([1, "2", decimal.Decimal("2.5"), 10**400, 1j, object()]).numbers()) == (
        [1, 2, 2.5, math.inf, None, None],
        [],
        [4, 5],
        [],
    )
    assert plain(values_column([2**63, True]).integers(None)) == ([0, 0], [], [0, 1], [])
    assert plain(values_column(np.array([2**63], np.uint64)).integers(None)) == ([0], [], [0], [])
    assert math.isinf(values_column([1e39]).numbers().values[0])


def test_arrays():
    grid = np.arange(6).reshape(3, 2)
    assert values_column(grid).array() is grid
    assert values_column([[1, 2], [3, 4]]).array().shape == (2, 2)  # type: ignore[union-attr]
    assert values_column([[1, 2], [3]]).array() is None
    assert values_column(["a"]).array() is None


cell = st.one_of(
    st.none(), st.text(alphabet="0123456789.eE+- \tNAinfx_,", max_size=8), st.sampled_from(["", "NA", "-999", "1", "2.5", "a"])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(cell, max_size=6))
def test_both_readers_agree_on_any_texts(texts):
    texts = [*texts, "text"]  # so that polars takes the column for texts
    left, right = values_column(texts), series_column(texts)
    np.testing.assert_allclose(left.numbers().values, right.numbers().values, rtol=2e-7)
    for name, known in (("texts", {"a", "1"}), ("integers", {1})):
        one, two = getattr(left, name)(known), getattr(right, name)(known)
        assert plain(one) == plain(two)
    assert plain(left.numbers())[1:] == plain(right.numbers())[1:]


@both
def test_times_in_texts(column):
    texts = ["2024-02-29", " 1969-12-31T23:59:59Z", "60", "", " NA ", None, "29.2.2024", "2023-02-29", "1.5"]
    values = [1_709_164_800, -1, 60, NO_TIME, NO_TIME, NO_TIME]
    found = plain(column(texts).seconds())
    assert found[0][:6] == values
    assert found[1:] == ([3, 4, 5], [6, 7, 8], [])


@both
@pytest.mark.parametrize(
    "times",
    [
        [datetime.date(2024, 2, 29), None],
        [datetime.datetime(2024, 2, 29), None],
        [datetime.datetime(2024, 2, 29, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), None],
        [1_709_164_800, None],
    ],
)
def test_times(column, times):
    assert plain(column(times).seconds())[:3] == ([1_709_164_800, NO_TIME], [1], [])


@pytest.mark.parametrize("unit", ["ns", "us", "s", "D"])
def test_times_of_numpy(unit):
    times = np.array(["2024-02-29", "NaT"], f"M8[{unit}]")
    for values in (times, list(times), [pd.Timestamp("2024-02-29"), pd.NaT]):
        assert plain(values_column(values).seconds())[:3] == ([1_709_164_800, NO_TIME], [1], [])
    assert plain(values_column(np.array([5, -5])).seconds()) == ([5, -5], [], [], [])


@both
@pytest.mark.parametrize("values", [[True, False], [1.5, 2.5], [datetime.timedelta(1), datetime.timedelta(2)]])
def test_what_is_no_time(column, values):
    assert plain(column(values).seconds())[2] == [0, 1]


def test_reading_does_not_import_masked_arrays():
    """They take long to import, and only who has imported them can pass one."""
    code = (
        "import sys\n"
        "from mlpspec.runtime.cells import ValuesColumn\n"
        "import numpy as np\n"
        "ValuesColumn([1, 2.5], ['']).numbers()\n"
        "ValuesColumn(np.array(['a']), ['']).texts(None)\n"
        "assert 'numpy.ma' not in sys.modules\n"
        "ValuesColumn(np.ma.masked_array([1, 2], [True, False]), ['']).numbers().missing.tolist() == [0] or sys.exit('mask')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
