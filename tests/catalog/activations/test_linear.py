from __future__ import annotations

import numpy as np

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.linear import LinearActivation


def test_values_and_derivative(curve):
    x, y, slope = curve(LinearActivation())
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(slope, 1)


def test_identity_is_the_same():
    assert ACTIVATIONS["identity"] is ACTIVATIONS["linear"] is LinearActivation
