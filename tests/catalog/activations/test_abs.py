from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations.abs import Abs
from mlpspec.catalog.activations.relu import Relu


def test_values_and_derivative(curve):
    x, y, slope = curve(Abs())
    np.testing.assert_array_equal(y, np.abs(x))
    np.testing.assert_array_equal(slope, np.sign(x))
    assert curve(Abs(), [0.0]).slope == 0


def test_is_two_relus(curve):
    x, y, _ = curve(Abs())
    np.testing.assert_array_equal(y, curve(Relu(), x).y + curve(Relu(), -x).y)
