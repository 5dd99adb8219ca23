from __future__ import annotations

import numpy as np

from mlpspec.catalog.metrics.base import Answers
from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.ir.fitted import Answer
from mlpspec.training.folds.held_out import HeldOut, answer_columns, together

SPEC = "mlpspec: 1\ndata: {split: {train: 1.0, validation: 0, test: 0}}\ninputs: {x: numeric}\n"


def fold(number, labels):
    """A fold that knows these labels and says the truth about a row of each."""
    text = SPEC + "targets: {y: category}\nmodel: [{head: y}]\n"
    spec = loads(text).spec
    frame = {"x": np.arange(len(labels), dtype=float), "y": labels}
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=None, seed=0, frame=frame)  # pyright: ignore
    numbers = np.arange(len(labels))
    compared = Answers(numbers, numbers[::-1].copy(), np.eye(len(labels), dtype=np.float32))
    return HeldOut(number, numbers, data.preprocessing.targets, {}, {}, {"y": compared})


def test_folds_that_know_other_classes():
    found = together([fold(1, ["a", "c"]), fold(2, ["b", "c", "d"])])["y"]
    assert found.classes == ["a", "c", "b", "d"]
    assert found.answers.truth.tolist() == [0, 1, 2, 1, 3]
    assert found.answers.prediction.tolist() == [1, 0, 3, 1, 2]
    probability = found.answers.probability
    assert probability is not None
    assert probability.argmax(axis=1).tolist() == [0, 1, 2, 1, 3]
    assert (probability.sum(axis=1) == 1).all()


def test_columns_are_named_as_predict_names_them():
    values = np.array([[0.1, 0.9]])
    assert list(answer_columns(Answer("y_probability", "probability", "float32", ("no", "yes")), values)) == [
        "y_probability_no",
        "y_probability_yes",
    ]
    assert list(answer_columns(Answer("y", "label", "float32", ("y_low", "y_high")), values)) == ["y_low", "y_high"]
    assert answer_columns(Answer("y", "label", "string"), np.array(["a"]))["y"].tolist() == ["a"]
