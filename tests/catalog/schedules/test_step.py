from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import StepLR

from mlpspec.catalog.schedules.step import Step


@pytest.mark.parametrize(("size", "gamma"), [(3, 0.1), (5, 0.5), (1, 0.9), (100, 0.1)])
def test_equals_that_of_pytorch(factors, torch_factors, size, gamma):
    np.testing.assert_allclose(factors(Step(size=size, gamma=gamma)), torch_factors(lambda o: StepLR(o, size, gamma), every=5))


def test_bounds(option_of):
    size, gamma = option_of(Step, "size"), option_of(Step, "gamma")
    assert (size.required, size.minimum, Step.main) == (True, 1, "size")
    assert (gamma.default, gamma.above, gamma.maximum) == (0.1, 0, 1)
