from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations.hard_sigmoid import HardSigmoid


def test_values_and_derivative(curve):
    x, y, slope = curve(HardSigmoid())
    np.testing.assert_allclose(y, np.clip(x + 3, 0, 6) / 6)
    np.testing.assert_allclose(slope, np.where(abs(x) < 3, 1 / 6, 0))
