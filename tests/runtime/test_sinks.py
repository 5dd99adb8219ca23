from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mlpspec.diagnostics import DataError
from mlpspec.runtime.answers import AnswerArrays, Answered, AnswerTable
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.sinks import SINKS, write_csv, write_npz, write_parquet, write_tsv


@pytest.fixture
def predictor(mixed):
    return Predictor(mixed, "cpu")


def batches(count):
    for number in range(count):
        yield Answered({"species": np.array(["a", "b,c"], object), "species_probability": np.full((2, 3), number, np.float32)})


def written(write, predictor, items, kept=None):
    file = io.BytesIO()
    form = AnswerArrays if write is write_npz else AnswerTable
    write(file, form(predictor.card, Answered(predictor.no_answers(), kept)), items)
    return file.getvalue()


def test_csv(predictor):
    lines = written(write_csv, predictor, batches(2)).decode().splitlines()
    assert lines[0] == "species,species_probability_Adelie,species_probability_Chinstrap,species_probability_Gentoo"
    assert lines[1:] == ["a,0.0,0.0,0.0", '"b,c",0.0,0.0,0.0', "a,1.0,1.0,1.0", '"b,c",1.0,1.0,1.0']
    assert written(write_tsv, predictor, batches(1)).decode().splitlines()[2] == "b,c\t0.0\t0.0\t0.0"


def test_parquet(predictor):
    frame = pl.read_parquet(io.BytesIO(written(write_parquet, predictor, batches(3))))
    assert frame.schema["species"] == pl.String
    assert frame["species_probability_Gentoo"].to_list() == [0, 0, 1, 1, 2, 2]
    assert frame.schema["species_probability_Gentoo"] == pl.Float32


def test_npz_holds_no_objects(predictor):
    data = written(write_npz, predictor, batches(2))
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert arrays["species"].tolist() == ["a", "b,c"] * 2
        assert arrays["species_probability"].shape == (4, 3)
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize("suffix", SINKS)
def test_nothing_still_has_columns(predictor, suffix):
    assert SINKS[suffix].form is (AnswerArrays if suffix == ".npz" else AnswerTable)
    data = written(SINKS[suffix].write, predictor, batches(0))
    if suffix in (".parquet", ".pq"):
        assert pl.read_parquet(io.BytesIO(data)).shape == (0, 4)
    elif suffix == ".npz":
        assert np.load(io.BytesIO(data))["species_probability"].shape == (0, 3)
    else:
        assert data.decode().count("\n") == 1


def test_kept_columns_that_csv_cannot_hold(predictor):
    kept = pl.DataFrame({"list": [[1, 2], [3]]})
    answered = Answered({"species": np.array(["a", "b"], object), "species_probability": np.zeros((2, 3), np.float32)}, kept)
    with pytest.raises(DataError, match="cannot be written as CSV"):
        written(write_csv, predictor, iter([answered]), kept.clear())
    assert written(write_parquet, predictor, iter([answered]), kept.clear())


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_npz])
def test_errors_of_the_batches_pass(predictor, write):
    def failing():
        yield from batches(1)
        raise DataError("bad rows")

    with pytest.raises(DataError, match="bad rows"):
        written(write, predictor, failing())


def test_an_empty_answer_of_a_single_column_is_no_blank_line(regression):
    """pandas leaves blank lines out, and rows would no longer stand beside those of the data."""
    predictor = Predictor(regression, "cpu")
    answered = Answered({"price": np.array([1, 2, 3], np.float32)}, empty=np.array([False, True, False]))
    data = written(write_csv, predictor, [answered])
    assert data == b'price\n1.0\n""\n3.0\n'
    assert pd.read_csv(io.BytesIO(data))["price"].isna().tolist() == [False, True, False]


def test_empty_answers(predictor):
    (answered,) = batches(1)
    answered = replace(answered, empty=np.array([True, False]))
    assert written(write_csv, predictor, [answered]).decode().splitlines()[1:] == [",,,", '"b,c",0.0,0.0,0.0']
    assert pl.read_parquet(io.BytesIO(written(write_parquet, predictor, [answered])))["species"].to_list() == [None, "b,c"]
