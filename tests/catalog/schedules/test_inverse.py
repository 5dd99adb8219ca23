from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import LambdaLR

from mlpspec.catalog.schedules.inverse import Inverse


@pytest.mark.parametrize("gamma", [0.05, 2.0])
def test_follows_the_formula(factors, torch_factors, gamma):
    steps = np.arange(60)
    np.testing.assert_allclose(factors(Inverse(gamma=gamma)), 1 / (1 + gamma * steps / 5))
    np.testing.assert_allclose(
        factors(Inverse(gamma=gamma, per="step")), torch_factors(lambda o: LambdaLR(o, lambda t: 1 / (1 + gamma * t)))
    )


def test_bounds(option_of):
    gamma = option_of(Inverse, "gamma")
    assert (gamma.required, gamma.above, Inverse.main) == (True, 0, "gamma")
