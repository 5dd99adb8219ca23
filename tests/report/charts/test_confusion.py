from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from mlpspec.report.charts import confusion, confusion_chart
from mlpspec.report.charts.confusion import LEVELS, brief, level


def test_examples():
    assert doctest.testmod(importlib.import_module("mlpspec.report.charts.confusion")).failed == 0


@pytest.mark.parametrize("classes", [2, 5, 20])
def test_counts_are_those_of_scikit_learn(classes):
    rng = np.random.default_rng(classes)
    truth, prediction = rng.integers(0, classes, (2, 500))
    assert np.array_equal(confusion(truth, prediction, classes), confusion_matrix(truth, prediction, labels=range(classes)))


def test_a_class_that_never_occurs_has_an_empty_row_and_column():
    assert confusion(np.array([0, 2]), np.array([0, 0]), 3).tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_cells_say_count_and_share_of_the_true_class(picture):
    counts = np.array([[8, 2, 0], [1, 0, 0], [0, 0, 0]])
    drawn = picture(confusion_chart("t", "d", counts, ["a", "<b>", "c"]))
    assert sorted(drawn.texts("cell")) == ["1", "2", "8"]
    assert sorted(text for text in drawn.texts("middle") if "%" in text) == ["100\xa0%", "20\xa0%", "80\xa0%"]
    assert "true a, predicted <b>: 2 rows, 20\xa0% of the class" in drawn.titles()
    assert drawn.texts("end label") == ["a", "<b>", "c"]


def test_a_cell_stands_in_the_row_of_truth_and_the_column_of_prediction(picture):
    drawn = picture(confusion_chart("t", "d", np.array([[0, 5], [0, 0]]), ["no", "yes"]))
    (cell,) = drawn.all("text", "cell")
    columns = {label.text: label.get("x") for label in drawn.all("text", "middle label")}
    rows = {label.text: float(label.get("y", "")) for label in drawn.all("text", "end label")}
    assert cell.get("x") == columns["yes"]
    assert abs(float(cell.get("y", "")) - rows["no"]) < 10 < abs(float(cell.get("y", "")) - rows["yes"])


def test_shades_rise_with_the_share():
    assert [level(share) for share in (0.0, 0.001, 0.05, 0.15, 0.5, 1.0)] == [0, 1, 1, 3, 10, LEVELS]


def test_all_cells_are_drawn_and_the_right_ones_are_framed(picture):
    drawn = picture(confusion_chart("t", "d", np.eye(20, dtype=int), [f"a long class name {i}" for i in range(20)]))
    shaded = drawn.all("path", "heat") + drawn.all("path", "cold")
    assert sum(path.get("d", "").count("M") for path in shaded) == 400
    assert drawn.all("path", "right")[0].get("d", "").count("M") == 20
    assert "a long class name 7" in drawn.titles()
    assert [text for text in drawn.texts() if text == "1"] == ["1"] * 20
    assert "100\xa0% of a long class name 3" in drawn.titles()


@pytest.mark.parametrize(
    ("count", "words"), [(999, "999"), (1000, "1k"), (12345, "12.3k"), (999_499, "999k"), (999_500, "1M"), (2_340_000, "2.34M")]
)
def test_counts_fit_small_cells(count, words):
    assert brief(count, 38) == words
