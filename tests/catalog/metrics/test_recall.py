from __future__ import annotations

import pytest
from sklearn.metrics import recall_score

from mlpspec.catalog.metrics.recall import Recall


@pytest.mark.parametrize("averaging", ["macro", "micro", "weighted"])
def test_equals_that_of_scikit_learn(three_classes, averaging):
    expected = recall_score(three_classes.truth, three_classes.prediction, average=averaging)
    assert Recall(averaging=averaging).compute(three_classes) == pytest.approx(expected)


def test_binary(yes_or_no):
    assert Recall().compute(yes_or_no) == pytest.approx(recall_score(yes_or_no.truth, yes_or_no.prediction))


def test_by_hand(classes):
    answers = classes([1, 1, 1, 0, 0], [1, 1, 0, 1, 0], binary=True)  # two hits, three predicted, three true
    assert Recall().compute(answers) == pytest.approx(2 / 3)
    answers = classes([1, 1, 1, 1, 0], [1, 0, 0, 1, 1], binary=True)  # two hits, three predicted, four true
    assert Recall().compute(answers) == pytest.approx(2 / 4)


def test_main_option():
    assert Recall.main == "averaging"
    assert Recall.goal == "max"
