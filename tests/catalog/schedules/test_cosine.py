from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts

from mlpspec.catalog.schedules.base import Horizon
from mlpspec.catalog.schedules.cosine import Cosine


@pytest.mark.parametrize("end", [0.0, 0.1, 1.0])
def test_equals_that_of_pytorch(factors, torch_factors, end):
    np.testing.assert_allclose(factors(Cosine(end=end)), torch_factors(lambda o: CosineAnnealingLR(o, 60, eta_min=end)))


@pytest.mark.parametrize("cycles", [2, 3, 5])
def test_restarts_equal_those_of_pytorch(factors, torch_factors, cycles):
    theirs = torch_factors(lambda o: CosineAnnealingWarmRestarts(o, 60 // cycles, eta_min=0.1))
    np.testing.assert_allclose(factors(Cosine(cycles=cycles, end=0.1)), theirs)


def test_restarts_where_a_cycle_is_no_whole_number_of_steps(factors):
    found = factors(Cosine(cycles=3), Horizon(10, 5))
    assert [step for step in range(1, 10) if found[step] > found[step - 1]] == [4, 7]  # cycles end after 10/3 and 20/3 steps


def test_the_end_is_reached_after_the_last_step(factors, horizon):
    assert 0.1 < factors(Cosine(end=0.1))[-1] < 0.102
    assert Cosine(end=0.1, cycles=3).factor(60, horizon) == 0.1


def test_bounds(option_of):
    end, cycles = option_of(Cosine, "end"), option_of(Cosine, "cycles")
    assert (end.default, end.minimum, end.maximum) == (0, 0, 1)
    assert (cycles.default, cycles.minimum) == (1, 1)
