from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mlpspec.catalog.metrics import METRICS
from mlpspec.catalog.metrics.auroc import Auroc, area
from mlpspec.catalog.metrics.base import Answers, UndefinedMetric


def test_binary_equals_that_of_scikit_learn_with_ties(yes_or_no):
    score = yes_or_no.probability[:, 1]
    assert len(np.unique(score)) < len(score)
    assert Auroc().compute(yes_or_no) == pytest.approx(roc_auc_score(yes_or_no.truth, score))


def test_one_class_against_the_rest_equals_that_of_scikit_learn(three_classes):
    expected = roc_auc_score(three_classes.truth, three_classes.probability, multi_class="ovr", average="macro")
    assert Auroc().compute(three_classes) == pytest.approx(expected)


def test_an_absent_class_is_left_out(three_classes):
    some = three_classes.truth != 2
    truth, probability = three_classes.truth[some], three_classes.probability[some]
    expected = np.mean([roc_auc_score(truth == number, probability[:, number]) for number in (0, 1)])
    assert Auroc().compute(Answers(truth, truth, probability)) == pytest.approx(expected)


def test_is_undefined_with_one_class(yes_or_no):
    truth = np.ones_like(yes_or_no.truth)
    with pytest.raises(UndefinedMetric, match="same class"):
        Auroc().compute(Answers(truth, truth, yes_or_no.probability, binary=True))


@pytest.mark.parametrize(
    ("score", "expected"), [([0.1, 0.2, 0.8], 1), ([0.8, 0.9, 0.1], 0), ([0.5, 0.5, 0.5], 0.5), ([0.1, 0.3, 0.3], 0.75)]
)
def test_by_hand(score, expected):
    assert area(np.array([False, False, True]), np.array(score)) == expected


def test_has_the_other_name_too():
    assert METRICS["roc_auc"] is Auroc


def test_several_labels_a_row_equal_those_of_scikit_learn(several_labels):
    expected = roc_auc_score(several_labels.truth, several_labels.probability, average="macro")
    assert Auroc().compute(several_labels) == pytest.approx(expected)


def test_labels_that_all_or_no_rows_have_are_left_out():
    truth = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1]])
    probability = np.array([[0.5, 0.5, 0.9], [0.5, 0.1, 0.3], [0.1, 0.2, 0.2]])
    assert Auroc().compute(Answers(truth, truth, probability)) == roc_auc_score(truth[:, 2], probability[:, 2])
    with pytest.raises(UndefinedMetric, match="the same labels"):
        Auroc().compute(Answers(truth[:, :2], truth[:, :2], probability[:, :2]))
