from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import r2_score

from mlpspec.catalog.metrics.base import Answers, UndefinedMetric
from mlpspec.catalog.metrics.r2 import R2


def test_equals_that_of_scikit_learn(numbers):
    assert R2().compute(numbers) == pytest.approx(r2_score(numbers.truth, numbers.prediction))


def test_the_mean_explains_nothing(numbers):
    mean = np.broadcast_to(numbers.truth.mean(axis=0), numbers.truth.shape)
    assert R2().compute(Answers(numbers.truth, mean)) == pytest.approx(0)
    assert R2().compute(Answers(numbers.truth, numbers.truth)) == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_is_undefined_for_a_constant_truth(rows):
    truth = np.full((rows, 1), 0.1)
    with pytest.raises(UndefinedMetric, match="same in all rows"):
        R2().compute(Answers(truth, truth))


def test_a_constant_column_is_left_out(numbers):
    truth = np.column_stack([numbers.truth[:, 0], np.full(50, 0.1)])
    found = R2().compute(Answers(truth, numbers.prediction))
    assert found == pytest.approx(r2_score(numbers.truth[:, 0], numbers.prediction[:, 0]))


def test_more_is_better():
    assert R2.goal == "max"
