from __future__ import annotations

import numpy as np
import polars as pl

from mlpspec.runtime.faults import Faults
from mlpspec.runtime.inputs import InputReader, missing_columns, unequal_rows
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.series import SeriesColumn


def columns(**values):
    return {name: SeriesColumn(pl.Series(name, cells, strict=False), ["", "NA"]) for name, cells in values.items()}


def test_unknown_categories_are_counted_where_the_model_takes_them(mixed):
    card, faults = Predictor(mixed, "cpu").card, Faults()
    reader = InputReader(card, faults, str, count_unseen=True)
    for _ in range(2):
        arrays = reader.read(columns(width=["1", "2", "3"], height=[1, 2, 3], island=["Mars", "Dream", ""]))
    assert reader.unseen == {"island": 2}
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
