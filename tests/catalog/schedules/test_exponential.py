from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import ExponentialLR

from mlpspec.catalog.schedules.exponential import Exponential


@pytest.mark.parametrize("gamma", [0.05, 0.5])
def test_follows_the_formula(factors, gamma):
    steps = np.arange(60)
    np.testing.assert_allclose(factors(Exponential(gamma=gamma)), np.exp(-gamma * steps / 5))
    np.testing.assert_allclose(factors(Exponential(gamma=gamma, per="step")), np.exp(-gamma * steps))


def test_equals_that_of_pytorch_step_by_step_and_at_the_start_of_each_epoch(factors, torch_factors):
    def theirs(every):
        return torch_factors(lambda o: ExponentialLR(o, np.exp(-0.2)), every=every)

    np.testing.assert_allclose(factors(Exponential(gamma=0.2, per="step")), theirs(1))
    np.testing.assert_allclose(factors(Exponential(gamma=0.2))[::5], theirs(5)[::5])


def test_bounds(option_of):
    gamma = option_of(Exponential, "gamma")
    assert (gamma.required, gamma.above, Exponential.main) == (True, 0, "gamma")
    assert option_of(Exponential, "per").default == "epoch"
