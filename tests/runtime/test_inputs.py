from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest
from onnx import helper

from mlpspec.diagnostics import DataError
from mlpspec.diagnostics.faults import Faults
from mlpspec.instants import NO_TIME
from mlpspec.runtime.bad_rows import BadRows
from mlpspec.runtime.inputs import InputReader, missing_columns, unequal_rows
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.series import SeriesColumn


def columns(**values):
    return {name: SeriesColumn(pl.Series(name, cells, strict=False), ["", "NA"]) for name, cells in values.items()}


def test_unknown_categories_are_found_where_the_model_takes_them(mixed):
    card, faults = Predictor(mixed, "cpu").card, Faults()
    reader = InputReader(card, faults, str, find_unseen=True)
    arrays = reader.read(columns(width=["1", "2", "3"], height=[1, 2, 3], island=["Mars", "Dream", ""]))
    assert {name: rows.tolist() for name, rows in reader.unseen.items()} == {"island": [0]}
    assert arrays["island"].tolist() == [["Mars"], ["Dream"], [""]]
    assert not faults


def test_faults_are_noted_and_reading_goes_on(strict):
    card, faults = Predictor(strict, "cpu").card, Faults()
    reader = InputReader(card, faults, lambda row: f"line {row + 2}")
    reader.read(columns(width=["1", "x"], height=[1, None], island=["Mars", "Dream"]))
    reader.read(columns(width=["y", "1"], height=[1, 1], island=["Dream", "Dream"]))
    assert [(d.place, d.message) for d in faults.diagnostics()] == [
        ("line 3", "`width` has 'x', which is not a number (the first of 2 such cells)"),
        ("line 3", "`height` has no value, and the model takes no missing values here"),
        ("line 2", "`island` has 'Mars', a category that the training rows do not have"),
    ]


def test_a_column_of_another_type_is_a_fault_of_the_whole(strict):
    """Rows may be set aside; a column of dates where numbers are wanted may not."""
    card, whole, noted = Predictor(strict, "cpu").card, Faults(), Faults()
    bad = BadRows(whole, noted)
    dates = pl.Series([datetime.date(2026, 5, 17), None])
    InputReader(card, bad, "row {}".format).read(columns(width=dates, height=["x", "1"], island=["Dream", "Dream"]))
    assert [(d.place, d.message) for d in whole.diagnostics()] == [("row 0", "`width` has '2026-05-17', which is not a number")]
    assert [d.message for d in noted.diagnostics()] == [
        "`width` has no value, and the model takes no missing values here",
        "`height` has 'x', which is not a number",
    ]


def test_tensors_from_columns_of_arrays(tensor):
    card, faults = Predictor(tensor, "cpu").card, Faults()
    series = pl.Series("pixels", np.ones((4, 2, 3)))
    arrays = InputReader(card, faults, str).read({"pixels": SeriesColumn(series, [""])})
    assert arrays["image"].shape == (4, 2, 3)
    assert not faults


def test_missing_columns(mixed):
    card, faults = Predictor(mixed, "cpu").card, Faults()
    missing_columns(card, ["width ", "HEIGHT", "a"], faults, place="f.csv:1", ready={"island"})
    assert [(d.place, d.message, d.help) for d in faults.diagnostics()] == [
        ("f.csv:1", "the data has no column `width`", "the data has `width `: capitals and spaces count"),
        ("f.csv:1", "the data has no column `height`", "the data has `HEIGHT`: capitals and spaces count"),
    ]


def test_unequal_rows():
    faults = Faults()
    unequal_rows({"a": np.ones(2), "b": np.ones(2)}, faults)
    assert not faults
    unequal_rows({"a": np.ones(2), "b": np.ones(3)}, faults)
    assert "`a` 2, `b` 3" in faults.diagnostics()[0].message


def test_times(make):
    column = make.raw("when", make.INT64, 1)
    node = helper.make_node("Squeeze", ["when", "axis"], ["second"])
    graph = make.small_graph([column], [make.raw("second", make.INT64)], [node], axis=np.array([1], np.int64))
    when = {"name": "when", "kind": "datetime", "columns": ["when"], "type": "seconds"}
    target = {"name": "second", "kind": "category", "type": "int64", "classes": [0, 1]}
    lenient, strict = (
        Predictor(make.model_bytes(graph, make.card([{**when, "missing": missing}], [target])), "cpu") for missing in ("median", "error")
    )
    data = {"when": ["1970-01-02", "1970-01-01T00:01:00Z", ""]}
    assert lenient.predict(data)["second"].tolist() == [86_400, 60, NO_TIME]
    with pytest.raises(DataError, match="`when` has no value"):
        strict.predict(data)
    with pytest.raises(DataError, match=r"'2\.1\.1970', which is not a time") as error:
        lenient.predict({"when": ["2.1.1970"]})
    assert "2026-05-17" in error.value.diagnostics[0].help
