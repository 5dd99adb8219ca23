from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError, UsageError

COLUMNS = {"number": [1.5, None, 3.0], "text": ["a", None, "c"], "whole": [1, 2, 3], "flag": [True, False, True]}


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pa.table(COLUMNS), COLUMNS, {k: np.array(v, object) for k, v in COLUMNS.items()}],
    ids=["pandas", "polars", "pyarrow", "lists", "objects"],
)
def test_all_kinds_of_frames_are_read_alike(frame):
    table = open_frame(frame)
    assert (table.rows, table.columns) == (3, ("number", "text", "whole", "flag"))
    assert {name: table.column(name).kind for name in table.columns} == {
        "number": "number",
        "text": "text",
        "whole": "integer",
        "flag": "boolean",
    }
    assert np.array_equal(table.column("number").numbers().values, [1.5, np.nan, 3], equal_nan=True)
    assert table.column("text").texts().tolist() == ["a", "", "c"]
    assert table.column("whole").integers().values.tolist() == [1, 2, 3]
    assert table.column("flag").texts().tolist() == ["true", "false", "true"]
    assert table.place(0) == "row 1"


def test_a_pandas_index_is_no_column():
    assert open_frame(pd.DataFrame({"a": [1, 2]}, index=["x", "y"])).columns == ("a",)
    assert open_frame(pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))).rows == 2


def test_pandas_categories():
    table = open_frame(pd.DataFrame({"a": pd.Categorical(["y", "x", "y"])}))
    assert table.column("a").texts().tolist() == ["y", "x", "y"]


def test_tensors_in_a_mapping():
    table = open_frame({"image": np.ones((2, 4, 4)), "label": ["a", "b"]})
    assert table.column("image").array().shape == (2, 4, 4)
    assert open_frame({"image": [[1, 2], [3, 4]]}).column("image").array().tolist() == [[1, 2], [3, 4]]


def test_times_however_they_come():
    times = [datetime(2024, 2, 29, 12, 30, tzinfo=UTC), None, datetime(1969, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-1)))]
    naive = [None if time is None else time.astimezone(UTC).replace(tzinfo=None) for time in times]
    lists = [times, naive, [None if time is None else np.datetime64(time) for time in naive], [*map(pd.Timestamp, naive)]]
    frames = [{"t": values} for values in lists] + [{"t": np.array(naive, "M8[s]")}, pl.DataFrame({"t": naive}), pa.table({"t": naive})]
    for frame in [*frames, pd.DataFrame({"t": naive}), pd.DataFrame({"t": pd.to_datetime(pd.Series(times), utc=True)})]:
        cells = open_frame(frame).column("t").seconds()
        assert cells.values[[0, 2]].tolist() == [1_709_209_800, 0]
        assert cells.missing.tolist() == [1]
    assert open_frame({"d": [date(1970, 1, 2), None]}).column("d").seconds().values.tolist() == [86400, 0]


def test_lists_with_gaps():
    table = open_frame({"flag": [True, None], "number": [1, None], "nothing": [None, None]})
    assert table.column("flag").texts().tolist() == ["true", ""]
    assert np.array_equal(table.column("number").numbers().values, [1, np.nan], equal_nan=True)
    assert np.isnan(table.column("nothing").numbers().values).all()


@pytest.mark.parametrize("values", [[1, "a"], [[1], [1, 2]], [object(), object()], [None, [1]], [2**70, 1]])
def test_mixed_lists_are_refused(values):
    with pytest.raises(DataError, match="column `a` mixes types"):
        open_frame({"a": values})


def test_mixed_pandas_columns_are_refused():
    with pytest.raises(DataError, match="cannot be read"):
        open_frame(pd.DataFrame({"a": [1, "x"]}, dtype=object))


def test_what_is_no_table():
    with pytest.raises(UsageError, match="a list is not a table"):
        open_frame([1, 2])
    with pytest.raises(UsageError) as error:
        open_frame(pl.LazyFrame({"a": [1]}))
    assert "collect" in error.value.diagnostics[0].help
    with pytest.raises(DataError, match="different numbers of rows"):
        open_frame({"a": [1, 2], "b": [1]})
