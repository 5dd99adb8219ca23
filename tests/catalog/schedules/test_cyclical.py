from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import CyclicLR

from mlpspec.catalog.schedules.cyclical import Cyclical


@pytest.mark.parametrize(("policy", "gamma"), [("triangular", None), ("triangular2", None), ("exp_range", 0.95)])
@pytest.mark.parametrize("half", [4, 7])
def test_equals_that_of_pytorch(factors, torch_factors, policy, gamma, half):
    def theirs(optimizer):
        return CyclicLR(optimizer, base_lr=0.25, max_lr=1.0, step_size_up=half, mode=policy, gamma=gamma or 1.0, cycle_momentum=False)

    ours = factors(Cyclical(policy=policy, gamma=gamma, step_size=half, per="step", lowest=0.25))
    np.testing.assert_allclose(ours, torch_factors(theirs))


def test_time_counts_in_epochs_by_default(factors):
    np.testing.assert_allclose(factors(Cyclical(step_size=2)), factors(Cyclical(step_size=10, per="step")))
    by_epoch = factors(Cyclical(policy="exp_range", gamma=0.9, step_size=2))
    np.testing.assert_allclose(by_epoch, factors(Cyclical(policy="exp_range", gamma=0.9 ** (1 / 5), step_size=10, per="step")))


def test_lowest_and_highest_rate(factors):
    found = factors(Cyclical(lowest=0.1, step_size=2))
    np.testing.assert_allclose(found[[0, 10, 20, 30]], [0.1, 1, 0.1, 1])


@pytest.mark.parametrize(("options", "words"), [({"policy": "exp_range"}, "gamma: 0.97"), ({"gamma": 0.9}, "no effect")])
def test_gamma_belongs_to_exp_range(options, words):
    assert words in (Cyclical(**options).problem() or "")
    assert Cyclical().problem() is None
    assert Cyclical(policy="exp_range", gamma=0.9).problem() is None


def test_bounds(option_of):
    lowest, half, gamma = (option_of(Cyclical, key) for key in ("lowest", "step_size", "gamma"))
    assert (lowest.minimum, lowest.below, half.above) == (0, 1, 0)
    assert (gamma.default, gamma.above, gamma.maximum, Cyclical.main) == (None, 0, 1, "policy")
