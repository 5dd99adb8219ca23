from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mlpspec.data.opening import open_table
from mlpspec.data.streaming.blocks import Block, Source
from mlpspec.diagnostics import DataError


def source(*names):
    return Source("people", [Path(name) for name in names], format=None, separator=None, tokens=("",))


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_blocks_are_the_table(folder, people, write, suffix):
    """Whatever the blocks' size, their rows are those of the file read whole, each at its place."""
    name = f"people.{suffix}"
    write(people, name)
    whole = open_table(name)
    blocks = list(source(name).blocks(people.columns, 300))
    assert sum(block.rows for block in blocks) == 1000
    joined = Block.join(blocks)
    assert joined.numbers.tolist() == list(range(1000))
    for column in ("town", "tags"):
        assert joined.column(column).texts().tolist() == whole.column(column).texts().tolist()
    assert joined.column("income").numbers().values.tolist() == whole.column("income").numbers().values.tolist()
    assert [joined.place(row) for row in range(0, 1000, 97)] == [whole.place(row) for row in range(0, 1000, 97)]


def test_lines_of_csv_after_line_breaks_in_cells(folder):
    Path("t.csv").write_text('a,b\n1,"x\ny"\n2,z\n')
    [block] = source("t.csv").blocks(["a"])
    assert (block.columns, block.frame.columns) == (("a", "b"), ["a"])
    assert [block.place(row) for row in (0, 1)] == ["t.csv:2", "t.csv:4"]


def test_several_files(folder, people, write):
    write(people[:700], "a.parquet")
    write(people[700:], "b.parquet")
    blocks = list(source("a.parquet", "b.parquet").blocks(["age"], 1000))
    assert blocks[-1].place(blocks[-1].rows - 1) == "b.parquet: row 300"
    joined = Block.join(blocks[::-1])
    assert joined.frame["age"].to_list() == people["age"].to_list()


def test_some_rows_of_a_block(folder, people, write):
    write(people, "a.csv")
    block = Block.join(list(source("a.csv").blocks(people.columns)))
    some = block[[5, 900]]
    assert (some.rows, some.numbers.tolist(), some.place(1)) == (2, [5, 900], "a.csv:902")
    assert some.frame["town"].to_list() == people["town"][[5, 900]].to_list()


def refused(*names):
    with pytest.raises(DataError) as error:
        list(source(*names).blocks(["age", "town"]))
    return [finding.message for finding in error.value.diagnostics]


def test_files_that_do_not_fit_together(folder, people, write):
    write(people, "a.parquet")
    write(people.drop("town"), "b.parquet")
    assert refused("a.parquet", "b.parquet") == ["`b.parquet` has no column `town`, which `a.parquet` has"]
    write(people.drop("score"), "b.parquet")
    assert sum(block.rows for block in source("a.parquet", "b.parquet").blocks(["age", "town"])) == 2000


def test_damaged_and_missing_files(folder, people, write):
    Path("a.parquet").write_bytes(b"PAR1 and no more")
    messages = refused("a.parquet", "none.csv")
    assert messages[0].startswith("`a.parquet` cannot be read as a Parquet file")
    assert messages[1] == "there is no file `none.csv`"


def test_a_parquet_file_damaged_in_the_middle(folder, people, write):
    write(pl.concat([people] * 50), "a.parquet")
    data = bytearray(Path("a.parquet").read_bytes())
    data[200 : len(data) // 2] = b"\xff" * (len(data) // 2 - 200)
    Path("a.parquet").write_bytes(data)
    assert "cannot be read as a Parquet file" in refused("a.parquet")[0]


def test_malformed_rows_of_csv_are_all_said(folder):
    Path("t.csv").write_text("age,town\n1,x\n2\n" + "3,y\n" * 5 + "4,z,z\n")
    messages = refused("t.csv")
    assert messages == ["line 3 has 1 cell, the header has 2", "line 9 has 3 cells, the header has 2"]


def test_npz_is_read_whole(folder):
    import numpy as np

    np.savez("a.npz", age=np.arange(3))
    assert refused("a.npz") == ["`a.npz` is an NPZ file, which is read whole and cannot be streamed"]
