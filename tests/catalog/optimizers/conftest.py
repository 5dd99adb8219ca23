"""Optimizers at work on one weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from mlpspec.catalog.optimizers.base import Optimizer


@pytest.fixture
def steps(named: Callable[[str], Any]) -> Callable[..., list[float]]:
    """The weight after each of some gradients, from a first value of 1."""

    def run(optimizer: Optimizer, gradients: Sequence[float]) -> list[float]:
        record = optimizer.lower()
        assert record.args == ()
        weight = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        real = named(record.target)([weight], **record.kwargs)
        values = []
        for gradient in gradients:
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
            real.step()
            values.append(weight.item())
        return values

    return run
