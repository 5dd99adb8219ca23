from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from mlpspec.catalog.targets import Binary
from mlpspec.catalog.weightings import Balanced, Custom
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import TargetFacts

FRAME = {"y": ["no", "yes", "no"], "n": [0, 1, 1], "b": [True, False, True], "three": ["a", "b", "c"], "one": ["a"] * 3}


def fitted(target, name="y"):
    return target.fit(name, ColumnReader(open_frame(FRAME)))


def encoded(item, *labels):
    raw = np.array([[label] for label in labels], np.int64 if item.type == "int64" else object)
    return run_program(item.encode, {item.encode.inputs[0]: raw})[item.encode.outputs[0]]


def test_the_second_class_is_positive():
    item = fitted(Binary())
    assert item.classes == ("no", "yes")
    result = encoded(item, "yes", "no")
    assert (result.tolist(), result.dtype) == ([[1], [0]], np.float32)
    assert item.facts == TargetFacts(1, 2)
    assert Binary().outputs("y", None) == 1


@pytest.mark.parametrize(
    ("positive", "name", "classes"),
    [("no", "y", ("yes", "no")), (0, "n", (1, 0)), ("0", "n", (1, 0)), (False, "b", ("true", "false")), (1, "n", (0, 1))],
)
def test_the_positive_class_can_be_said(positive, name, classes):
    item = fitted(Binary(positive=positive), name)
    assert item.classes == classes
    assert encoded(item, *classes).tolist() == [[0], [1]]


def test_answers():
    item = fitted(Binary(threshold=0.3))
    logit = np.array([[0], [-1], [-0.5]], np.float32)
    answers = run_program(item.decode, {item.decode.inputs[0]: logit})
    p = expit(logit.astype(np.float64))
    assert answers["y"].tolist() == ["yes", "no", "yes"]  # 0.5, 0.27, 0.38
    np.testing.assert_allclose(answers["y_probability"], np.hstack([1 - p, p]), rtol=1e-6)


def test_the_threshold_itself_is_positive():
    item = fitted(Binary())
    assert run_program(item.decode, {item.decode.inputs[0]: np.zeros((1, 1), np.float32)})["y"].tolist() == ["yes"]


def test_what_metrics_compare():
    item = fitted(Binary())
    found = run_program(item.restore, {item.restore.inputs[0]: encoded(item, "yes", "no")})[item.restore.outputs[0]]
    assert (found.tolist(), found.dtype) == ([1, 0], np.int64)
    logit = np.array([[3], [-3]], np.float32)
    numbers = replace(item.decode, outputs=(item.prediction,))
    assert run_program(numbers, {item.decode.inputs[0]: logit})[item.prediction].tolist() == [1, 0]


def test_weights():
    assert fitted(Binary()).weights is None
    rows = {"no": 8, "yes": 2}
    frame = open_frame({"y": [label for label, count in rows.items() for _ in range(count)]})
    for positive, weight in (("yes", 4.0), ("no", 0.25)):
        assert Binary(positive=positive, class_weights=Balanced()).fit("y", ColumnReader(frame)).weights == (weight,)
    assert Binary(class_weights=Custom(weights={"no": 2.0, "yes": 3.0})).fit("y", ColumnReader(frame)).weights == (1.5,)
    with pytest.raises(DataError, match="`class_weights` names `maybe`"):
        Binary(class_weights=Custom(weights={"maybe": 2.0})).fit("y", ColumnReader(frame))


def test_what_cannot_be_learnt():
    with pytest.raises(DataError, match="has 3 labels in the training rows, not 2: `a`, `b`, `c`"):
        fitted(Binary(), "three")
    with pytest.raises(DataError, match="has 1 labels in the training rows, not 2: `a`"):
        fitted(Binary(), "one")
    with pytest.raises(DataError, match="`positive` names `Yes`") as error:
        fitted(Binary(positive="Yes"))
    assert error.value.diagnostics[0].help == "did you mean `yes`?"
