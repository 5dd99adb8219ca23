from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from mlpspec.catalog.metrics import METRICS
from mlpspec.catalog.metrics.base import Answers
from mlpspec.catalog.metrics.rmse import Rmse


def test_equals_that_of_scikit_learn(numbers):
    assert Rmse().compute(numbers) == pytest.approx(root_mean_squared_error(numbers.truth, numbers.prediction))


def test_by_hand():
    answers = Answers(np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[3.0, 1.0], [-4.0, 1.0]]))
    assert Rmse().compute(answers) == pytest.approx(((25 / 2) ** 0.5 + 1) / 2)


def test_less_is_better():
    assert Rmse.goal == "min"
    assert METRICS["root_mean_squared_error"] is Rmse
