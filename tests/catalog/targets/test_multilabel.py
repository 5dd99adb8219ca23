from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.preprocessing import MultiLabelBinarizer

from mlpspec.catalog.losses import BinaryCrossEntropy
from mlpspec.catalog.targets import Multilabel
from mlpspec.catalog.weightings import Balanced, Custom
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import Answer

TAGS = ["red|round", "", "big|red|red", "round", "red"]
FRAME = {"tags": TAGS, "red": [1, 0, 1, 0, 1], "round": [True, False, False, True, False], "gap": [1.0, None, 0.0, 1.0, 0.0]}
TEXT = Multilabel(separator="|")
COLUMNS = Multilabel(columns=("red", "round"))


def fitted(target, name="tags", rows=None):
    return target.fit(name, ColumnReader(open_frame(FRAME), rows))


def encoded(item, raw):
    return run_program(item.encode, {item.encode.inputs[0]: raw})[item.encode.outputs[0]]


def test_labels_in_a_text_like_scikit_learn():
    item = fitted(TEXT)
    binarizer = MultiLabelBinarizer()
    expected = binarizer.fit_transform([[piece for piece in text.split("|") if piece] for text in TAGS])
    assert item.classes == tuple(binarizer.classes_) == ("big", "red", "round")
    found = encoded(item, np.array([[text] for text in TAGS], object))
    assert (found.tolist(), found.dtype) == (expected.tolist(), np.float32)
    assert (item.type, item.missing, item.facts) == ("string", "no_labels", TargetFacts(3, 3))


def test_a_column_for_each_label():
    item = fitted(COLUMNS, "any")
    raw = np.array([[1, 0], [0, 1]], np.float32)
    assert encoded(item, raw).tolist() == raw.tolist()
    assert (item.classes, item.columns, item.type, item.missing) == (("red", "round"), ("red", "round"), "float32", "error")
    assert fitted(Multilabel(columns=("r*",)), "any").classes == ("red", "round")


def test_answers():
    item = fitted(Multilabel(separator="|", threshold=0.3))
    logits = np.array([[0, -1, 3], [-0.5, -9, -1]], np.float32)
    answers = run_program(item.decode, {item.decode.inputs[0]: logits})
    assert answers["tags"].tolist() == [[1, 0, 1], [1, 0, 0]]  # sigmoid(-1) is 0.27, sigmoid(-0.5) is 0.38
    assert answers["tags"].dtype == np.int64
    np.testing.assert_allclose(answers["tags_probability"], expit(logits.astype(np.float64)), rtol=1e-6)
    labels = ("big", "red", "round")
    assert item.answers == (Answer("tags", "label", "int64", labels), Answer("tags_probability", "probability", "float32", labels))


def test_what_metrics_compare():
    item = fitted(TEXT)
    truth = np.array([[0, 1, 1], [0, 0, 0]], np.float32)
    found = run_program(item.restore, {item.restore.inputs[0]: truth})[item.restore.outputs[0]]
    assert (found.tolist(), found.dtype) == (truth.tolist(), np.int64)
    assert item.prediction == "tags"


def test_labels_that_the_spec_orders():
    assert fitted(Multilabel(separator="|", labels=("round", "red", "big"))).classes == ("round", "red", "big")
    assert fitted(Multilabel(separator="|", labels=("round", "red", "big", "new"))).classes[-1] == "new"
    with pytest.raises(DataError, match="label `big`, which `labels` does not name"):
        fitted(Multilabel(separator="|", labels=("round", "red")))


def test_weights():
    assert fitted(TEXT).weights is None
    assert fitted(Multilabel(separator="|", class_weights=Balanced())).weights == (4.0, 2 / 3, 1.5)
    assert fitted(Multilabel(columns=("red", "round"), class_weights=Custom(weights={"round": 3.0})), "any").weights == (1.0, 3.0)
    with pytest.raises(DataError, match="`class_weights` names `rund`") as error:
        fitted(Multilabel(separator="|", class_weights=Custom(weights={"rund": 3.0})))
    assert "round" in error.value.diagnostics[0].help


def test_what_cannot_be_learnt():
    with pytest.raises(DataError, match="column `gap` has 1 missing value"):
        fitted(Multilabel(columns=("red", "gap")), "any")
    with pytest.raises(DataError, match="has no labels in the training rows"):
        fitted(TEXT, rows=np.array([1]))
    with pytest.raises(DataError, match="no column `x`"):
        fitted(Multilabel(columns=("x",), separator="|"))


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (Multilabel(columns=("a", "b"), separator="|"), "separator"),
        (Multilabel(columns=("a*",), separator="|"), "separator"),
        (Multilabel(labels=("a",)), "separator"),
        (Multilabel(separator="|", labels=("1", 1)), "twice"),
        (Multilabel(class_weights=Balanced(), loss=BinaryCrossEntropy(positive_weight=2.0)), "positive_weight"),
    ],
)
def test_contradictions(target, word):
    assert word in (target.problem() or "")


def test_outputs():
    assert TEXT.outputs("t", None) == "t.labels"
    assert Multilabel(separator="|", labels=("a", "b")).outputs("t", None) == 2
    assert COLUMNS.outputs("t", None) == 2
    assert Multilabel(columns=("a*",)).outputs("t", None) == "t.columns"
    assert TEXT.outputs("t", TargetFacts(3, 3)) == 3
    assert TEXT.problem() is None
