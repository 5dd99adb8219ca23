"""Folders of data files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.data.opening import open_table
from mlpspec.diagnostics import DataError, SpecError
from mlpspec.language.sections.data import Data

FRAME = pl.DataFrame({"size": [1.0, 2.0, 3.0, 4.0, 5.0], "colour": ["red", "green", "red", "blue", "red"]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    return tmp_path


def write(form, frames=None):
    """Files that are named against the order of their making."""
    for name, frame in (frames or {"b": FRAME[3:], "a": FRAME[:3]}).items():
        getattr(frame, {"csv": "write_csv", "parquet": "write_parquet", "arrow": "write_ipc"}[form])(f"parts/{name}.{form}")


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_files_stand_below_each_other_in_the_order_of_their_names(folder, form):
    write(form)
    Path("parts/_SUCCESS").write_text("")
    Path("parts/.part.crc").write_bytes(b"1")
    table = open_table("parts")
    assert (table.name, table.rows, table.columns) == ("parts", 5, ("size", "colour"))
    assert table.column("size").numbers().values.tolist() == [1, 2, 3, 4, 5]
    assert table.column("colour").texts().tolist() == FRAME["colour"].to_list()
    places = [table.place(row) for row in range(5)]
    if form == "csv":
        assert places == ["parts/a.csv:2", "parts/a.csv:3", "parts/a.csv:4", "parts/b.csv:2", "parts/b.csv:3"]
    else:
        assert places[2:4] == [f"parts/a.{form}: row 3", f"parts/b.{form}: row 1"]


def test_columns_may_stand_in_another_order(folder):
    write("parquet", {"a": FRAME[:3], "b": FRAME[3:].select("colour", "size")})
    assert open_table("parts").column("size").numbers().values.tolist() == [1, 2, 3, 4, 5]


def refusal():
    with pytest.raises(DataError) as error:
        open_table("parts")
    return [(finding.message, finding.help) for finding in error.value.diagnostics]


def test_other_things_in_the_folder(folder):
    write("parquet")
    Path("parts/2026").mkdir()
    Path("parts/notes.md").write_text("x")
    assert [message for message, _ in refusal()] == [
        "the folder `parts` holds another folder, `2026`",
        "the folder `parts` holds `notes.md`, which is no Parquet, Arrow or CSV file",
    ]


def test_nothing_in_the_folder(folder):
    assert refusal()[0][0] == "the folder `parts` holds no data files"


def test_files_of_several_kinds(folder):
    write("parquet")
    write("csv")
    assert refusal()[0][0] == "the folder `parts` holds files of several kinds: csv, parquet"


def test_files_that_do_not_fit_together(folder):
    write("parquet", {"a": FRAME, "b": FRAME.with_columns(pl.col("size").cast(pl.Int64)), "c": FRAME.rename({"colour": "color"})})
    assert refusal() == [
        ("the column `size` is Int64 in `parts/b.parquet` and Float64 in `parts/a.parquet`", "write it with one type in all files"),
        ("`parts/c.parquet` has no column `colour`, which `parts/a.parquet` has", "did you mean `color`?"),
    ]


def test_all_damaged_files_are_named(folder):
    write("parquet")
    for name in "ab":
        Path(f"parts/{name}.parquet").write_bytes(b"PAR1 is not all")
    assert len(refusal()) == 2


def test_a_dataset_has_the_hash_of_every_file(folder):
    from mlpspec.catalog.inputs import Numeric
    from mlpspec.catalog.targets import CategoryTarget

    write("parquet", {"a": FRAME, "b": FRAME})
    dataset = load_dataset(Data(path="parts"), {"size": Numeric()}, {"colour": CategoryTarget()}, folder=folder, seed=1)
    assert dataset.hashes == {
        f"parts/{name}.parquet": hashlib.sha256(Path(f"parts/{name}.parquet").read_bytes()).hexdigest() for name in "ab"
    }


def test_a_link_in_the_folder_does_not_lead_outside(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "a.parquet"
    FRAME.write_parquet(secret)
    Path("parts/a.parquet").symlink_to(secret)
    spec = "mlpspec: 1\ndata: {path: parts}\ninputs: {size: numeric}\ntargets: {colour: category}\nmodel: [head: colour]\n"
    with pytest.raises(SpecError, match="leads outside"):
        loads(spec)
    assert loads(spec, allow_outside=True).spec.data.path == "parts"
