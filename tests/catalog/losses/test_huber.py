from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses.huber import Huber

OUTPUT = np.random.default_rng(0).normal(size=(50, 2)) * 2
TRUTH = np.random.default_rng(1).normal(size=(50, 2)) * 2


@pytest.mark.parametrize("delta", [1.0, 0.3, 2.5])
def test_follows_the_formula(value, delta):
    error = abs(OUTPUT - TRUTH)
    assert (error > delta).any()
    assert (error < delta).any()
    each = np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))
    assert value(Huber(delta=delta), OUTPUT, TRUTH) == pytest.approx(each.mean())
    assert value(Huber(delta=delta, reduction="sum"), OUTPUT, TRUTH) == pytest.approx(each.sum())


def test_suits_numbers():
    assert Huber.targets == {"numeric"}


def test_bounds(option_of):
    delta = option_of(Huber, "delta")
    assert (delta.default, delta.above, Huber.main) == (1, 0, "delta")
