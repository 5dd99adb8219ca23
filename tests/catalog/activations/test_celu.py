from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations.celu import Celu


@pytest.mark.parametrize("a", [1.0, 0.3, 2.5])
def test_values_and_derivative(curve, a):
    x, y, slope = curve(Celu(alpha=a))
    np.testing.assert_allclose(y, np.where(x > 0, x, a * (np.exp(x / a) - 1)))
    np.testing.assert_allclose(slope, np.where(x > 0, 1, np.exp(x / a)))


def test_saturates_at_minus_alpha(curve):
    _, y, slope = curve(Celu(alpha=2.0), [-200.0])
    assert y == pytest.approx(-2.0)
    assert slope == pytest.approx(0, abs=1e-12)


def test_bounds(option_of):
    alpha = option_of(Celu, "alpha")
    assert (alpha.default, alpha.above, alpha.maximum, Celu.main) == (1, 0, 100, "alpha")


def test_equals_celu_of_pytorch(curve):
    x, y, _ = curve(Celu(alpha=1.7))
    np.testing.assert_allclose(y, torch.nn.functional.celu(torch.tensor(x), alpha=1.7).numpy())
