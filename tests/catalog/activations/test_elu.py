from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.elu import Elu


@pytest.mark.parametrize("a", [1.0, 0.3, 2.5])
def test_values_and_derivative(curve, a):
    x, y, slope = curve(Elu(alpha=a))
    np.testing.assert_allclose(y, np.where(x > 0, x, a * (np.exp(x) - 1)))
    np.testing.assert_allclose(slope, np.where(x > 0, 1, a * np.exp(x)))


def test_saturates_at_minus_alpha(curve):
    _, y, slope = curve(Elu(alpha=2.0), [-200.0])
    assert y == pytest.approx(-2.0)
    assert slope == pytest.approx(0, abs=1e-12)


def test_bounds(option_of):
    alpha = option_of(Elu, "alpha")
    assert (alpha.default, alpha.above, alpha.maximum, Elu.main) == (1, 0, 100, "alpha")
