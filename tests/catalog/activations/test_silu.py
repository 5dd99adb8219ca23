from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.silu import Silu


def test_values_and_derivative(curve):
    x, y, slope = curve(Silu())
    s = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(y, x * s)
    np.testing.assert_allclose(slope, s + x * s * (1 - s), atol=1e-12)


def test_where_the_documented_slopes_are(curve):
    below, low = curve(Silu(), [-1.29, -1.27]).slope
    assert below < 0 < low
    assert curve(Silu()).slope.max() == pytest.approx(1.1, abs=0.005)


def test_swish_is_the_same():
    assert ACTIVATIONS["swish"] is Silu
