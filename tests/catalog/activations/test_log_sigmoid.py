from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.log_sigmoid import LogSigmoid


def test_values_and_derivative(curve):
    x, y, slope = curve(LogSigmoid())
    np.testing.assert_allclose(y, np.log(1 / (1 + np.exp(-x))))
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(x)))


def test_stays_finite_where_the_sigmoid_is_zero(curve):
    assert curve(LogSigmoid(), [-1000.0]).y == pytest.approx(-1000)
