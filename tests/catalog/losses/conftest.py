"""Losses as functions of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mlpspec.catalog.losses.base import Loss


@pytest.fixture
def value(make: Callable[..., Any]) -> Callable[..., float]:
    """The loss of the head's output and the encoded target, calculated in double precision."""

    def calculate(loss: Loss, output: np.ndarray, target: np.ndarray) -> float:
        result = make(loss.lower())(torch.tensor(np.asarray(output, dtype=float)), torch.tensor(target))
        assert result.shape == ()
        return result.item()

    return calculate
