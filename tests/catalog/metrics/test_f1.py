from __future__ import annotations

import pytest
from sklearn.metrics import f1_score

from mlpspec.catalog.metrics.f1 import F1


@pytest.mark.parametrize("averaging", ["macro", "micro", "weighted"])
def test_equals_that_of_scikit_learn(three_classes, averaging):
    expected = f1_score(three_classes.truth, three_classes.prediction, average=averaging)
    assert F1(averaging=averaging).compute(three_classes) == pytest.approx(expected)


def test_binary(yes_or_no):
    assert F1().compute(yes_or_no) == pytest.approx(f1_score(yes_or_no.truth, yes_or_no.prediction))


def test_by_hand(classes):
    answers = classes([1, 1, 1, 0, 0], [1, 1, 0, 1, 0], binary=True)  # two hits, three predicted, three true
    assert F1().compute(answers) == pytest.approx(2 / 3)
    answers = classes([1, 1, 1, 1, 0], [1, 0, 0, 1, 1], binary=True)  # two hits, three predicted, four true
    assert F1().compute(answers) == pytest.approx(4 / 7)


def test_main_option():
    assert F1.main == "averaging"
    assert F1.goal == "max"
