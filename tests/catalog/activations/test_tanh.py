from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.tanh import Tanh


def test_values_and_derivative(curve):
    x, y, slope = curve(Tanh())
    np.testing.assert_allclose(y, (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)))
    np.testing.assert_allclose(slope, 1 - np.tanh(x) ** 2, atol=1e-12)


def test_the_derivative_is_one_at_zero_and_gone_at_the_ends(curve):
    assert curve(Tanh(), [-30.0, 0.0, 30.0]).slope == pytest.approx([0, 1, 0], abs=1e-20)
