from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses import BinaryCrossEntropy
from mlpspec.catalog.targets import Binary
from mlpspec.catalog.targets.labels import ClassTarget, class_numbers, read_labels, written_class
from mlpspec.catalog.weightings import Balanced, Custom
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError


def reader(**columns):
    return ColumnReader(open_frame(columns), np.arange(len(next(iter(columns.values())))))


def test_labels_are_counted_in_order():
    assert read_labels("y", reader(y=["b", "a", "b"])) == ({"a": 1, "b": 2}, "string")
    assert read_labels("y", reader(y=[10, 9, 9])) == ({9: 2, 10: 1}, "int64")
    with pytest.raises(DataError, match="1 missing value"):
        read_labels("y", reader(y=["b", None]))


def test_classes_as_a_spec_writes_them():
    rows = reader(y=[1])
    assert written_class("7", "int64", {7: 1}, "y", "classes", rows) == 7
    assert written_class(True, "string", {"true": 1}, "y", "classes", rows) == "true"
    written_class("cat", "string", {"cats": 1}, "y", "classes", rows)
    [problem] = rows.problems
    assert "`classes` names `cat`" in problem.message
    assert "cats" in problem.help


def test_class_numbers():
    constants = class_numbers(["b", "a"])
    assert (constants["keys"], constants["values"], constants["default"]) == (["b", "a"], [0, 1], -1)


def test_weights_that_contradict():
    assert ClassTarget.is_classes
    twice = Binary(class_weights=Balanced(), loss=BinaryCrossEntropy(positive_weight=2.0))
    assert "keep one" in (twice.problem() or "")
    assert Binary(class_weights=Balanced(), loss=BinaryCrossEntropy()).problem() is None


def test_weights_of_unknown_classes():
    rows = reader(y=[1])
    Binary(class_weights=Custom(weights={"yes": 2.0, "7": 1.5})).check_weights({"no": 1, 7: 3}, "y", rows)
    [problem] = rows.problems
    assert "`class_weights` names `yes`, which `y` does not have" in problem.message
