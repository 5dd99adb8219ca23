from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.leaky_relu import LeakyRelu


@pytest.mark.parametrize("slope_below", [0.01, 0.02, 0.1, 0.0, 1.0])
def test_values_and_derivative(curve, slope_below):
    x, y, slope = curve(LeakyRelu(negative_slope=slope_below))
    np.testing.assert_allclose(y, np.maximum(0, x) + slope_below * np.minimum(0, x))
    np.testing.assert_allclose(slope, np.where(x > 0, 1, slope_below))


def test_default_is_that_of_pytorch(curve):
    assert curve(LeakyRelu(), [-2.0]).y == pytest.approx(-0.02)


def test_bounds(option_of):
    slope = option_of(LeakyRelu, "negative_slope")
    assert (slope.minimum, slope.maximum, LeakyRelu.main) == (0, 1, "negative_slope")
