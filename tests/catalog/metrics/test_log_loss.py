from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from mlpspec.catalog.metrics.base import Answers
from mlpspec.catalog.metrics.log_loss import LogLoss


def test_equals_that_of_scikit_learn(three_classes, yes_or_no):
    for answers in (three_classes, yes_or_no):
        assert LogLoss().compute(answers) == pytest.approx(log_loss(answers.truth, answers.probability))


def test_a_class_may_be_absent(three_classes):
    some = three_classes.truth != 1
    truth, probability = three_classes.truth[some], three_classes.probability[some]
    assert LogLoss().compute(Answers(truth, truth, probability)) == pytest.approx(log_loss(truth, probability, labels=[0, 1, 2]))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_certainty_that_is_wrong_is_not_infinitely_bad(precision):
    probability = np.array([[1, 0], [0, 1]], dtype=precision)
    truth = np.array([1, 1])
    assert LogLoss().compute(Answers(truth, truth, probability)) == pytest.approx(log_loss(truth, probability, labels=[0, 1]), rel=1e-6)
    assert LogLoss().compute(Answers(truth, truth, probability)) == pytest.approx(-np.log(np.finfo(precision).eps) / 2, rel=1e-6)


def test_guessing_alike_costs_the_log_of_the_classes():
    truth = np.array([0, 1, 2, 3])
    assert LogLoss().compute(Answers(truth, truth, np.full((4, 4), 0.25))) == pytest.approx(np.log(4))
    assert LogLoss.goal == "min"
