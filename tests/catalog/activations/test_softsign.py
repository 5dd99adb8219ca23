from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations.softsign import Softsign


def test_values_and_derivative(curve):
    x, y, slope = curve(Softsign())
    np.testing.assert_allclose(y, x / (1 + abs(x)))
    np.testing.assert_allclose(slope, 1 / (1 + abs(x)) ** 2)
