from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations.selu import Selu

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, equation 14


def test_values_and_derivative(curve):
    x, y, slope = curve(Selu())
    np.testing.assert_allclose(y, SCALE * np.where(x > 0, x, ALPHA * (np.exp(x) - 1)))
    np.testing.assert_allclose(slope, SCALE * np.where(x > 0, 1, ALPHA * np.exp(x)))


def test_saturates_at_the_documented_limit(curve):
    assert curve(Selu(), [-100.0]).y == pytest.approx(-1.7581, abs=1e-4)


def test_keeps_the_standard_normal(curve):
    normal = torch.randn(100_000, generator=torch.Generator().manual_seed(0)).numpy()
    y = curve(Selu(), normal).y
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.var() == pytest.approx(1, abs=0.02)
