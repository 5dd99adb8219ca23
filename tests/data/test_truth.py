from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.targets import Binary, CategoryTarget, Multilabel, NumericTarget
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.data.truth import outside, strange_labels

FRAME = {"text": ["a", "b", "a"], "code": [1, 7, 1], "tags": ["x|y", "", "y"], "first": [0, 1, 0], "second": [1.0, 1.0, 0.0]}


def strange(target, name, raw):
    item = target.fit(name, ColumnReader(open_frame(FRAME)))
    return [(column, rows.tolist(), labels) for column, rows, labels in strange_labels(item, np.array(raw))]


@pytest.mark.parametrize("target", [CategoryTarget(), Binary()])
def test_classes(target):
    assert strange(target, "text", np.array([["b"], ["c"], [""], ["A"], ["c"]], object)) == [("text", [1, 3, 4], ["c", "A"])]
    assert strange(target, "code", [[7], [2], [1]]) == [("code", [1], ["2"])]
    assert strange(target, "code", [[7], [1]]) == []


def test_labels_in_a_text():
    raw = np.array([["y|x"], [""], ["z|x|z"], ["x,y|y|"]], object)
    assert strange(Multilabel(separator="|"), "tags", raw) == [("tags", [2, 3], ["z", "x,y"])]


def test_columns_of_yes_and_no():
    raw = np.array([[0, 1], [2, np.nan], [1, 0.5]], np.float32)
    assert strange(Multilabel(columns=("first", "second")), "m", raw) == [("first", [1], ["2"]), ("second", [2], ["0.5"])]


def test_numbers_are_never_strange():
    assert strange(NumericTarget(), "second", [[1e30]]) == []


def test_outside():
    assert outside(np.array(["a", "", "b"], object), ("a",)).tolist() == [2]
    assert outside(np.array([1, 2, 3]), (2,)).tolist() == [0, 2]
    assert outside(np.array([0.0, np.nan, 0.5]), (0.0, 1.0)).tolist() == [2]
