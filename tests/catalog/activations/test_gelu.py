from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlpspec.catalog.activations.gelu import Gelu


def test_values_and_derivative(curve):
    x, y, slope = curve(Gelu())
    np.testing.assert_allclose(y, x * norm.cdf(x), atol=1e-12)
    np.testing.assert_allclose(slope, norm.cdf(x) + x * norm.pdf(x), atol=1e-12)


def test_tanh_approximation(curve):
    x, y, _ = curve(Gelu(approximate="tanh"))
    np.testing.assert_allclose(y, x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))), atol=1e-12)
    gap = abs(y - curve(Gelu()).y).max()
    assert 1e-4 < gap < 5e-4


def test_where_the_documented_slopes_are(curve):
    below, low, one, top = curve(Gelu(), [-0.8, -0.7, 0.76, 2**0.5]).slope
    assert below < 0 < low
    assert one > 1
    assert top == pytest.approx(1.13, abs=0.005)


def test_words(option_of):
    assert Gelu.main == "approximate"
    assert option_of(Gelu, "approximate").type.__args__ == ("none", "tanh")
