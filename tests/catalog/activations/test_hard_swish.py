from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.hard_swish import HardSwish


def test_values_and_derivative(curve):
    x, y, slope = curve(HardSwish())
    np.testing.assert_allclose(y, x * np.clip(x + 3, 0, 6) / 6, atol=1e-12)
    np.testing.assert_allclose(slope, np.select([x < -3, x > 3], [0, 1], (2 * x + 3) / 6), atol=1e-12)


def test_hard_silu_is_the_same():
    assert ACTIVATIONS["hard_silu"] is HardSwish
