from __future__ import annotations

import pytest
from sklearn.metrics import balanced_accuracy_score

from mlpspec.catalog.metrics.balanced_accuracy import BalancedAccuracy


def test_equals_that_of_scikit_learn(three_classes, yes_or_no):
    for answers in (three_classes, yes_or_no):
        assert BalancedAccuracy().compute(answers) == pytest.approx(balanced_accuracy_score(answers.truth, answers.prediction))


def test_always_the_commonest_of_three(classes):
    assert BalancedAccuracy().compute(classes([0] * 8 + [1, 2], [0] * 10)) == pytest.approx(1 / 3)


def test_a_class_that_no_row_has_does_not_count(classes):
    assert BalancedAccuracy().compute(classes([0, 0, 1], [0, 2, 1])) == pytest.approx((1 / 2 + 1) / 2)
