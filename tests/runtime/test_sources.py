from __future__ import annotations

import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.diagnostics.faults import Faults
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.sources import CsvSource, Noting, open_source

FRAME = pl.DataFrame({"island": ["Dream", None, "Mars"], "height": [1.0, 2.0, None], "further": [0, 0, 0], "width": [1, 2, 3]})


@pytest.fixture
def card(mixed):
    return Predictor(mixed, "cpu").card


def write(path):
    if path.suffix in (".csv", ".txt"):
        FRAME.write_csv(path)
    elif path.suffix == ".tsv":
        FRAME.write_csv(path, separator="\t")
    elif path.suffix == ".npz":
        np.savez(path, island=np.array([["Dream"], [""], ["Mars"]]), height=[1.0, 2, np.nan], width=[1, 2, 3], other=np.zeros(7))
    elif path.suffix in (".parquet", ".pq"):
        FRAME.write_parquet(path)
    else:
        FRAME.write_ipc(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".CSV", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".npz"])
def test_every_format_gives_the_same_arrays(card, tmp_path, suffix):
    path = write(tmp_path / f"rows{suffix.lower()}").rename(tmp_path / f"rows{suffix}")
    faults = Faults()
    source = open_source(path, card, keep=False)
    found = list(source.batches(2, Noting(faults, faults)))
    source.close()
    assert not faults
    assert sum(batch.rows for batch in found) == 3
    size = np.concatenate([batch.arrays["size"] for batch in found])
    np.testing.assert_array_equal(size, np.array([[1, 1], [2, 2], [3, np.nan]], np.float32))
    assert np.concatenate([batch.arrays["island"] for batch in found]).tolist() == [["Dream"], [""], ["Mars"]]
    assert source.progress.done == source.progress.total > 0
    if suffix != ".npz":
        assert source.progress.unseen == {"island": 1}


def test_arrow_streams(card, tmp_path):
    FRAME.write_ipc_stream(tmp_path / "rows.arrow")
    source = open_source(tmp_path / "rows.arrow", card, keep=False)
    assert sum(batch.rows for batch in source.batches(2, Noting())) == 3


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_kept_rows_are_as_they_were(card, tmp_path, suffix):
    source = open_source(write(tmp_path / f"rows{suffix}"), card, keep=True)
    (batch,) = source.batches(10, Noting())
    source.close()
    expected = FRAME.select(pl.all().cast(pl.String)) if suffix == ".csv" else FRAME
    assert batch.kept is not None
    assert batch.kept.equals(expected)
    empty = source.empty()
    assert empty is not None
    assert empty.schema == expected.schema
    assert open_source(write(tmp_path / "x.npz"), card, keep=False).empty() is None


def test_standard_input(card, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"width,height,island\n1,x,Dream\n")))
    faults = Faults()
    source = open_source("-", card, keep=False)
    list(source.batches(10, Noting(faults, faults)))
    assert faults.diagnostics()[0].place == "<stdin>:2"
    assert source.progress.total == 0


def test_places(card, tmp_path):
    frame = FRAME.with_columns(height=pl.Series(["1", "2", "x"]))
    faults = Faults()
    frame.write_parquet(tmp_path / "rows.parquet")
    list(open_source(tmp_path / "rows.parquet", card, keep=False).batches(1, Noting(faults, faults)))
    assert faults.diagnostics()[0].place == f"{tmp_path}/rows.parquet: row 3"


@pytest.mark.parametrize(
    ("name", "data", "error", "message"),
    [
        ("none.csv", None, DataError, "there is no file"),
        ("x.json", b"{}", UsageError, "suffix of"),
        ("x.csv", b"", DataError, "is empty"),
        ("x.csv", b"a,b\n1,2\n", DataError, "no column `width`"),
        ("x.parquet", b"PAR1" + b"\0" * 50, DataError, "cannot be read as a Parquet file"),
        ("x.arrow", b"ARROW1" + b"\0" * 50, DataError, "cannot be read as an Arrow file"),
        ("x.arrow", b"nonsense", DataError, "cannot be read as an Arrow file"),
        ("x.npz", b"nonsense", DataError, "cannot be read as an NPZ file"),
    ],
)
def test_files_that_cannot_be_used(card, tmp_path, name, data, error, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(error, match=message):
        open_source(tmp_path / name, card, keep=False)


def test_folders_and_files_without_right(card, tmp_path, monkeypatch):
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        open_source(tmp_path / "d.csv", card, keep=False)

    path = write(tmp_path / "rows.csv")

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(MachineError, match="cannot be read: Permission denied"):
        open_source(path, card, keep=False)


def test_archives(card, tmp_path):
    np.savez(tmp_path / "p.npz", width=np.array([None], object), height=[1], island=["a"])
    with pytest.raises(DataError, match="cannot be read as an NPZ file"):
        open_source(tmp_path / "p.npz", card, keep=False)
    with pytest.raises(UsageError, match="columns are kept of tables"):
        open_source(write(tmp_path / "x.npz"), card, keep=True)


def test_faults_of_archives_name_the_file(card, tmp_path):
    np.savez(tmp_path / "x.npz", width=np.array(["1", "x"]), height=[1, 2], island=["a", "b"])
    faults = Faults()
    with pytest.raises(DataError) as caught:
        list(open_source(tmp_path / "x.npz", card).batches(10, Noting(faults, faults)))
    assert caught.value.diagnostics[0].place == f"{tmp_path}/x.npz: row 2"


def test_archives_that_would_fill_the_memory(card, tmp_path, monkeypatch):
    monkeypatch.setattr("mlpspec.runtime.sources._FREE_BYTES", 1000)
    np.savez_compressed(tmp_path / "bomb.npz", width=np.zeros(1 << 20))
    with pytest.raises(DataError, match="would unpack to"):
        open_source(tmp_path / "bomb.npz", card, keep=False)


def test_what_the_model_does_not_read_is_named(card, tmp_path):
    for suffix in (".csv", ".parquet", ".npz"):
        source = open_source(write(tmp_path / f"rows{suffix}"), card)
        assert source.ignored == (("other",) if suffix == ".npz" else ("further",))
        source.close()
    source = open_source(tmp_path / "rows.csv", card, keep=["f*"])
    assert source.ignored == ()
    source.close()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_some_columns_are_kept_in_the_order_asked_for(card, tmp_path, suffix):
    source = open_source(write(tmp_path / f"rows{suffix}"), card, keep=["width", "isl*"])
    (batch,) = source.batches(10, Noting())
    empty = source.empty()
    source.close()
    assert batch.kept is not None
    assert empty is not None
    assert batch.kept.columns == empty.columns == ["width", "island"]


def test_bad_rows_are_set_aside_and_numbered(card, tmp_path):
    (tmp_path / "rows.csv").write_text('width,height,island\n1,"2",Dream\nx,2,"Dre\nam"\n1,2\n1,2,Mars\n')
    faults, noted = Faults(), Faults()
    source = open_source(tmp_path / "rows.csv", card)
    (batch,) = source.batches(10, Noting(faults, noted))
    source.close()
    assert not faults
    assert batch.bad.within(0, 4).tolist() == [False, True, True, False]
    assert batch.number(np.arange(4)).tolist() == [2, 3, 5, 6]
    assert [d.place for d in noted.diagnostics()] == [f"{tmp_path}/rows.csv:5", f"{tmp_path}/rows.csv:3"]
    part = batch.part(1, 3).part(1, 2)
    assert (part.rows, part.start) == (1, 2)


TOKENS = [("",), ("", "-999"), ("NA",)]
CELLS = ["1", "-2.5e3", ".5", "", "NA", "nan", "inf", "x", " 7", "7 ", '"8"', '""', "1e400", "-999", "0x1", "1_0", "16777217"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([("",), ("", "-999"), ("NA",)]),
)
def test_numbers_read_as_numbers_mean_what_texts_mean(card, rows, tokens):
    """Numeric columns are parsed as numbers where that is safe; kept ones never are, and give the reference."""
    card = replace(card, missing_tokens=tokens)
    data = "width,height,island\n" + "".join(f"{width},{height},Dream\n" for width, height in rows)
    found = []
    for keep in (False, True):
        noted = Faults()
        source = CsvSource(io.BytesIO(data.encode()), "f.csv", card, keep=keep, size=0)
        (batch,) = source.batches(10, Noting(Faults(), noted))
        found.append((batch.arrays["size"], noted.diagnostics(), list(batch.bad.lines(0, len(rows)))))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1:] == found[1][1:]
