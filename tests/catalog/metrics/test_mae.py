from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from mlpspec.catalog.metrics import METRICS
from mlpspec.catalog.metrics.base import Answers
from mlpspec.catalog.metrics.mae import Mae


def test_equals_that_of_scikit_learn(numbers):
    assert Mae().compute(numbers) == pytest.approx(mean_absolute_error(numbers.truth, numbers.prediction))


def test_by_hand():
    answers = Answers(np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[3.0, 1.0], [-4.0, 1.0]]))
    assert Mae().compute(answers) == pytest.approx((3.5 + 1) / 2)


def test_less_is_better():
    assert Mae.goal == "min"
    assert METRICS["mean_absolute_error"] is Mae
