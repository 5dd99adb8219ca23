from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations.relu6 import Relu6


def test_values_and_derivative(curve):
    x, y, slope = curve(Relu6())
    np.testing.assert_array_equal(y, np.clip(x, 0, 6))
    np.testing.assert_array_equal(slope, (x > 0) & (x < 6))
