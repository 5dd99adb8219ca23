from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.metrics import METRICS
from mlpspec.catalog.targets import TARGETS, CategoryTarget
from mlpspec.catalog.weightings import Balanced, Custom
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import TargetFacts

FRAME = {"species": ["c", "a", "b", "a"], "code": [10, 9, 2, 9], "gap": ["a", None, "b", "a"], "same": ["a"] * 4}


def fitted(target, name="species", rows=None):
    return target.fit(name, ColumnReader(open_frame(FRAME), rows))


def encoded(item, *labels):
    raw = np.array([[label] for label in labels], np.int64 if item.type == "int64" else object)
    return run_program(item.encode, {item.encode.inputs[0]: raw})[item.encode.outputs[0]]


def test_classes_become_numbers():
    item = fitted(CategoryTarget())
    assert (item.classes, item.columns, item.type) == (("a", "b", "c"), ("species",), "string")
    assert encoded(item, "c", "a", "b").tolist() == [2, 0, 1]
    assert encoded(item, "c").dtype == np.int64
    assert item.facts == TargetFacts(3, 3)
    assert fitted(CategoryTarget(column="code"), "kind").classes == (2, 9, 10)


def test_answers():
    item = fitted(CategoryTarget())
    logits = np.array([[0, 1, 3], [2, 0, 0]], np.float32)
    answers = run_program(item.decode, {item.decode.inputs[0]: logits})
    assert list(answers) == ["species", "species_probability"]
    assert answers["species"].tolist() == ["c", "a"]
    powers = np.exp(logits)
    np.testing.assert_allclose(answers["species_probability"], powers / powers.sum(axis=1, keepdims=True), rtol=1e-6)


def test_declared_classes_keep_their_order():
    item = fitted(CategoryTarget(classes=("c", "a", "b")))
    assert item.classes == ("c", "a", "b")
    assert encoded(item, "c", "a", "b").tolist() == [0, 1, 2]
    assert fitted(CategoryTarget(classes=("9", 10, 2)), "code").classes == (9, 10, 2)
    with pytest.raises(DataError) as error:
        fitted(CategoryTarget(classes=("c", "A", "b")))
    assert [d.message for d in error.value.diagnostics] == [
        "`classes` names `A`, which `species` does not have in the training rows",
        "column `species` has the label `a`, which `classes` does not name",
    ]
    assert error.value.diagnostics[0].help == "did you mean `a`?"
    assert "twice" in CategoryTarget(classes=(1, "1")).problem()


def test_what_cannot_be_learnt():
    with pytest.raises(DataError, match="has only the label `a`"):
        fitted(CategoryTarget(), "same")
    with pytest.raises(DataError, match="has 1 missing value"):
        fitted(CategoryTarget(), "gap")
    with pytest.raises(DataError, match="no column `spezies`"):
        fitted(CategoryTarget(), "spezies")


def test_outputs():
    assert CategoryTarget().outputs("species", None) == "species.classes"
    assert CategoryTarget(classes=("a", "b", "c")).outputs("species", None) == 3
    assert CategoryTarget().outputs("species", TargetFacts(4, 4)) == 4


def test_defaults_suit_their_target():
    for target in TARGETS:
        assert target.kind in LOSSES[target.default_loss].targets
        assert all(target.kind in METRICS[metric].targets for metric in target.default_metrics)


def test_what_metrics_compare():
    item = fitted(CategoryTarget())
    found = run_program(item.restore, {item.restore.inputs[0]: encoded(item, "c", "a")})[item.restore.outputs[0]]
    assert found.tolist() == [2, 0]
    assert item.prediction in [step.output for step in item.decode.steps]


def test_weights():
    assert fitted(CategoryTarget()).weights is None
    balanced = fitted(CategoryTarget(classes=("c", "a", "b"), class_weights=Balanced()))
    assert balanced.weights == pytest.approx((4 / 3, 2 / 3, 4 / 3))
    assert fitted(CategoryTarget(class_weights=Custom(weights={"9": 3.0})), "code").weights == (1.0, 3.0, 1.0)
    with pytest.raises(DataError, match="`class_weights` names `d`"):
        fitted(CategoryTarget(class_weights=Custom(weights={"d": 2.0})))
