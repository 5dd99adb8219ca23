from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import OneCycleLR

from mlpspec.catalog.schedules.base import Horizon
from mlpspec.catalog.schedules.one_cycle import OneCycle


@pytest.mark.parametrize(("peak", "start", "end", "steps"), [(0.3, 25.0, 1e4, 60), (0.5, 10.0, 100.0, 60), (0.25, 4.0, 1.0, 37)])
def test_equals_that_of_pytorch(factors, torch_factors, peak, start, end, steps):
    def theirs(optimizer):
        return OneCycleLR(optimizer, 1.0, steps, pct_start=peak, div_factor=start, final_div_factor=end, cycle_momentum=False)

    ours = factors(OneCycle(peak=peak, start_divisor=start, end_divisor=end), Horizon(steps, 5))
    np.testing.assert_allclose(ours, torch_factors(theirs, steps=steps))


def test_first_highest_and_last_rate(factors):
    found = factors(OneCycle())
    np.testing.assert_allclose([found[0], found[17], found[-1]], [1 / 25, 1, 1 / 25e4])
    assert found.argmax() == 17  # 0.3 * 60 - 1


@pytest.mark.parametrize(("peak", "highest"), [(0.0, 0), (1.0, 59)])
def test_only_the_fall_or_only_the_rise(factors, peak, highest):
    found = factors(OneCycle(peak=peak))
    assert found.argmax() == highest
    assert found.max() == 1


def test_bounds(option_of):
    peak = option_of(OneCycle, "peak")
    assert (peak.default, peak.minimum, peak.maximum, OneCycle.main) == (0.3, 0, 1, "peak")
    assert option_of(OneCycle, "start_divisor").minimum == option_of(OneCycle, "end_divisor").minimum == 1
