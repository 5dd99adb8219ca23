"""Weights as initializers fill them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init

UNITS, INPUTS = 300, 500


@pytest.fixture
def drawn(fill: Callable[[torch.Tensor, Init], None]) -> Callable[..., np.ndarray]:
    """A filled weight, (units, inputs); fan_in is 500, fan_out 300 unless told otherwise."""

    def draw(initializer: Initializer, shape: tuple[int, ...] = (UNITS, INPUTS)) -> np.ndarray:
        torch.manual_seed(0)
        weight = torch.full(shape, torch.nan)
        fill(weight, initializer.lower())
        return weight.double().numpy()

    return draw


@pytest.fixture
def is_uniform() -> Callable[[np.ndarray, float, float], None]:
    """Assert that weights look drawn from the uniform distribution between two numbers."""

    def check(weight: np.ndarray, low: float, high: float) -> None:
        width = high - low
        assert low <= weight.min() <= low + width / 1000
        assert high - width / 1000 <= weight.max() <= high
        assert abs(weight.mean() - (low + high) / 2) < width / 200
        assert weight.std() == pytest.approx(width / np.sqrt(12), rel=0.01)

    return check


@pytest.fixture
def is_normal() -> Callable[[np.ndarray, float, float], None]:
    """Assert that weights look drawn from the normal distribution with that mean and standard deviation, not truncated."""

    def check(weight: np.ndarray, mean: float, std: float) -> None:
        assert abs(weight.mean() - mean) < std / 100
        assert weight.std() == pytest.approx(std, rel=0.01)
        assert (abs(weight - mean) > 2 * std).mean() == pytest.approx(0.0455, abs=0.004)  # a normal's share beyond two deviations

    return check
