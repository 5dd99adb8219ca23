from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from mlpspec.data.opening import open_table
from mlpspec.diagnostics import DataError

FRAME = pl.DataFrame(
    {
        "whole": [1, 2, None],
        "number": [1.5, None, float("nan")],
        "text": ["x", None, "7"],
        "flag": [True, False, None],
        "day": [date(2020, 1, 1)] * 3,
        "group": pl.Series(["b", "a", "b"], dtype=pl.Categorical),
        "image": pl.Series([[1, 2], [3, 4], [5, 6]], dtype=pl.Array(pl.UInt8, 2)),
        "list": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        "ragged": [[1.0], [3.0, 4.0], []],
        "empty": pl.Series([None, None, None], dtype=pl.Null),
    }
)


@pytest.fixture(params=["t.parquet", "t.arrow", "stream.arrow"])
def table(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = FRAME if request.param != "t.parquet" else FRAME.with_columns(pl.col("empty").cast(pl.String))
    writer = {"t.parquet": frame.write_parquet, "t.arrow": frame.write_ipc, "stream.arrow": frame.write_ipc_stream}[request.param]
    writer(request.param)
    return open_table(request.param)


def test_columns(table):
    assert table.rows == 3
    kinds = {name: table.column(name).kind for name in table.columns}
    assert kinds == {
        "whole": "integer",
        "number": "number",
        "text": "text",
        "flag": "boolean",
        "day": "time",
        "group": "text",
        "image": "array",
        "list": "array",
        "ragged": "array",
        "empty": "text",
    }
    assert table.place(199).endswith(": row 200")


def test_values(table):
    def numbers(name):
        return table.column(name).numbers().values

    assert np.array_equal(numbers("whole"), [1, 2, np.nan], equal_nan=True)
    assert np.array_equal(numbers("number"), [1.5, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(numbers("flag"), [1, 0, np.nan], equal_nan=True)
    assert np.isnan(numbers("empty")).all()
    assert table.column("text").texts().tolist() == ["x", "", "7"]
    assert table.column("whole").texts().tolist() == ["1", "2", ""]
    assert table.column("flag").texts().tolist() == ["true", "false", ""]
    assert table.column("group").texts().tolist() == ["b", "a", "b"]
    assert table.column("empty").texts().tolist() == ["", "", ""]
    whole = table.column("whole").integers()
    assert (whole.values.tolist(), whole.missing.tolist(), whole.bad.tolist()) == ([1, 2, 0], [2], [])
    assert table.column("image").array().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.column("list").array().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.column("ragged").array() is None
    assert table.column("text").array() is None


def test_unsigned_numbers_beyond_int64(tmp_path):
    pl.DataFrame({"a": pl.Series([1, 2**63], dtype=pl.UInt64)}).write_parquet(tmp_path / "t.parquet")
    column = open_table(tmp_path / "t.parquet").column("a")
    assert column.integers().bad.tolist() == [1]
    assert column.texts().tolist() == ["1", str(2**63)]


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
@pytest.mark.parametrize("data", [b"nonsense", b"PAR1nonsensePAR1", b"ARROW1\0\0nonsense"])
def test_damaged_files(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match="cannot be read as"):
        open_table(tmp_path / name)


def test_a_truncated_file(tmp_path):
    path = tmp_path / "t.parquet"
    FRAME.drop("empty").write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="cannot be read as a Parquet file"):
        open_table(path)
