from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from mlpspec.catalog.metrics.base import Answers, UndefinedMetric
from mlpspec.catalog.metrics.class_ratio import ClassRatio, count
from mlpspec.catalog.metrics.f1 import F1
from mlpspec.catalog.metrics.precision import Precision
from mlpspec.catalog.metrics.recall import Recall

PAIRS = [(Precision, metrics.precision_score), (Recall, metrics.recall_score), (F1, metrics.f1_score)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda item: item.__name__)
@pytest.mark.parametrize("averaging", ["macro", "micro", "weighted"])
@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        ([0, 1, 2, 2, 1, 0], [0, 2, 2, 2, 1, 1]),
        ([0, 0, 1, 1, 2], [0, 0, 1, 1, 1]),  # class 2 is never predicted
        ([0, 0, 1, 1, 1], [0, 2, 1, 1, 1]),  # no row has class 2
        ([0, 0, 3, 3, 3], [0, 3, 3, 3, 0]),  # classes 1 and 2 do not occur
        ([1, 1, 1], [1, 1, 1]),
        ([0, 0, 0], [1, 1, 1]),
    ],
)
def test_categories_as_in_scikit_learn(classes, ours, theirs, averaging, truth, prediction):
    found = ours(averaging=averaging).compute(classes(truth, prediction))
    assert found == pytest.approx(theirs(truth, prediction, average=averaging, zero_division=0))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda item: item.__name__)
@pytest.mark.parametrize(
    ("truth", "prediction"),
    [([0, 1, 1, 0, 1], [0, 1, 0, 1, 1]), ([0, 1, 1], [0, 0, 0]), ([0, 0, 0], [0, 1, 1]), ([1, 1, 1], [1, 1, 1])],
)
def test_a_binary_target_gives_its_positive_class_as_in_scikit_learn(classes, ours, theirs, truth, prediction):
    found = ours(averaging="weighted").compute(classes(truth, prediction, binary=True))
    assert found == pytest.approx(theirs(truth, prediction, zero_division=0))


@pytest.mark.parametrize("ours", [Precision, Recall, F1])
def test_without_positives_a_binary_target_has_none(classes, ours):
    with pytest.raises(UndefinedMetric, match="positive"):
        ours().compute(classes([0, 0], [0, 0], binary=True))


def test_counts(classes):
    counts = count(classes([0, 2, 2, 1], [0, 2, 0, 2]))
    assert [side.tolist() for side in counts] == [[1, 0, 1], [2, 0, 2], [1, 1, 2]]


def test_words(option_of):
    averaging = option_of(F1, "averaging")
    assert (averaging.type.__args__, averaging.default) == (("macro", "micro", "weighted"), "macro")
    assert ClassRatio.targets == {"category", "binary", "multilabel"}


@pytest.mark.parametrize("averaging", ["macro", "micro", "weighted"])
@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_several_labels_a_row_like_scikit_learn(several_labels, ours, theirs, averaging):
    expected = theirs(several_labels.truth, several_labels.prediction, average=averaging, zero_division=0)
    assert ours(averaging=averaging).compute(several_labels) == pytest.approx(expected)


def test_labels_that_never_occur_are_left_out():
    truth, prediction = np.array([[1, 0, 0], [1, 1, 0]]), np.array([[1, 0, 0], [0, 1, 0]])
    assert F1().compute(Answers(truth, prediction)) == pytest.approx(metrics.f1_score(truth[:, :2], prediction[:, :2], average="macro"))
    with pytest.raises(UndefinedMetric, match="no row has a label"):
        F1().compute(Answers(truth * 0, prediction * 0))
