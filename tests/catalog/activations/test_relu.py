from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.activations.relu import Relu


def test_values_and_derivative(curve):
    x, y, slope = curve(Relu())
    np.testing.assert_array_equal(y, np.maximum(0, x))
    np.testing.assert_array_equal(slope, x > 0)


def test_derivative_at_zero_is_zero_by_convention(curve):
    assert curve(Relu(), [0.0]).slope == 0


def test_has_no_options():
    assert Relu.can_be_bare()
    with pytest.raises(TypeError):
        Relu(slope=1)
