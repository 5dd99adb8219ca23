from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.softplus import Softplus


def test_values_and_derivative(curve):
    x, y, slope = curve(Softplus())
    np.testing.assert_allclose(y, np.log1p(np.exp(x)))
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(-x)))


def test_is_near_relu_away_from_zero(curve):
    assert curve(Softplus(), [-40.0, 1000.0]).y == pytest.approx([0, 1000])
