from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.sigmoid import Sigmoid


def test_values_and_derivative(curve):
    x, y, slope = curve(Sigmoid())
    s = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(y, s)
    np.testing.assert_allclose(slope, s * (1 - s))


def test_the_derivative_is_largest_at_zero(curve):
    assert curve(Sigmoid(), [0.0]).slope == 0.25
    assert curve(Sigmoid()).slope.max() < 0.25


def test_saturates_at_both_ends(curve):
    assert curve(Sigmoid(), [-50.0, 50.0]).slope == pytest.approx([0, 0], abs=1e-20)
