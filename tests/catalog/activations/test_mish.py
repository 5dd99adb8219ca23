from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.mish import Mish


def test_values_and_derivative(curve):
    x, y, slope = curve(Mish())
    t = np.tanh(np.log1p(np.exp(x)))
    np.testing.assert_allclose(y, x * t)
    np.testing.assert_allclose(slope, t + x * (1 - t**2) / (1 + np.exp(-x)), atol=1e-12)


def test_where_the_documented_slopes_are(curve):
    below, low = curve(Mish(), [-1.2, -1.18]).slope
    assert below < 0 < low
    assert curve(Mish()).slope.max() == pytest.approx(1.09, abs=0.005)
