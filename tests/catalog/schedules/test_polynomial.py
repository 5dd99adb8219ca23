from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import LinearLR, PolynomialLR

from mlpspec.catalog.schedules.polynomial import Polynomial


@pytest.mark.parametrize("power", [1.0, 2.0, 0.5])
def test_equals_that_of_pytorch(factors, torch_factors, power):
    np.testing.assert_allclose(factors(Polynomial(power=power)), torch_factors(lambda o: PolynomialLR(o, 60, power)))


def test_a_straight_line_to_an_end_equals_that_of_pytorch(factors, torch_factors):
    theirs = torch_factors(lambda o: LinearLR(o, start_factor=1.0, end_factor=0.2, total_iters=60))
    np.testing.assert_allclose(factors(Polynomial(end=0.2)), theirs)


def test_the_end_is_reached_after_the_last_step(factors, horizon):
    assert factors(Polynomial(end=0.1))[-1] > 0.1
    assert Polynomial(end=0.1).factor(60, horizon) == 0.1
    assert Polynomial(end=0.1).factor(90, horizon) == 0.1


def test_bounds(option_of):
    power, end = option_of(Polynomial, "power"), option_of(Polynomial, "end")
    assert (power.default, power.above, Polynomial.main) == (1, 0, "power")
    assert (end.default, end.minimum, end.maximum) == (0, 0, 1)
