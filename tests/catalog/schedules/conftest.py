"""Schedules over a run, and PyTorch's own to compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mlpspec.catalog.schedules.base import Horizon, Schedule

HORIZON = Horizon(steps=60, steps_per_epoch=5)


@pytest.fixture
def horizon() -> Horizon:
    """Twelve epochs of five steps."""
    return HORIZON


@pytest.fixture
def factors() -> Callable[..., np.ndarray]:
    """The factor at every step of a run; (steps,)."""

    def collect(schedule: Schedule, horizon: Horizon = HORIZON) -> np.ndarray:
        return np.array([schedule.factor(step, horizon) for step in range(horizon.steps)])

    return collect


@pytest.fixture
def torch_factors() -> Callable[..., np.ndarray]:
    """The same from a scheduler of PyTorch that is stepped after each step, or after every `every` steps; (steps,)."""

    def collect(scheduler: Callable[[torch.optim.Optimizer], Any], rate: float = 1.0, steps: int = 60, every: int = 1) -> np.ndarray:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
        following = scheduler(optimizer)
        found = []
        for step in range(1, steps + 1):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < steps and step % every == 0:
                following.step()
        return np.array(found)

    return collect
