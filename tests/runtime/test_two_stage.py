from __future__ import annotations

import numpy as np
import pytest

from mlpspec.runtime.split import Labels
from mlpspec.runtime.two_stage import TwoStage

LABELS = {"kind": Labels("number", np.array(["a", "b"], object))}


def read(names, arrays):
    assert names == ["code"]
    return [np.array([[len(text)] for (text,) in arrays["text"]])]


def calculate(names, arrays):
    assert names == ["number", "sum"]
    total = arrays["x"].sum(axis=1) + arrays["code"][:, 0]
    return [(total > 3).astype(np.int64), total]


@pytest.fixture
def model():
    return TwoStage((read, ["text"], ["code"]), (calculate, ["x", "code"], ["number", "sum"]), LABELS)


ARRAYS = {"x": np.array([[1.0, 2.0], [0.0, 1.0]]), "text": np.array([["ab"], ["c"]], object)}


def test_texts_then_numbers_then_labels(model):
    kind, total = model.run(["kind", "sum"], ARRAYS)
    assert kind.tolist() == ["b", "a"]
    assert kind.dtype == object
    assert total.tolist() == [5, 2]
    assert [found.tolist() for found in model.run(["sum"], ARRAYS)] == [[5, 2]]


def test_without_texts_to_read():
    model = TwoStage(None, (lambda names, arrays: [arrays["x"]], ["x"], ["number"]), LABELS)
    assert model.run(["kind"], {"x": np.array([1, 0])})[0].tolist() == ["b", "a"]


@pytest.mark.parametrize("arrays", [{}, {"x": ARRAYS["x"]}, {**ARRAYS, "more": 1}, {**ARRAYS, "code": 1}])
def test_the_inputs_are_those_of_the_whole(model, arrays):
    with pytest.raises(KeyError, match="the inputs are text, x"):
        model.run(["sum"], arrays)
