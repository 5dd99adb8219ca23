from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from mlpspec.catalog.targets import Binary
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


def test_what_cannot_be_learnt():
    with pytest.raises(DataError, match="has 3 labels in the training rows, not 2: `a`, `b`, `c`"):
        fitted(Binary(), "three")
    with pytest.raises(DataError, match="has 1 labels in the training rows, not 2: `a`"):
        fitted(Binary(), "one")
    with pytest.raises(DataError, match="`positive` names `Yes`") as error:
        fitted(Binary(positive="Yes"))
    assert error.value.diagnostics[0].help == "did you mean `yes`?"
