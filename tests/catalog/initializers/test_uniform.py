from __future__ import annotations

import pytest

from mlpspec.catalog.initializers.uniform import Uniform


@pytest.mark.parametrize(("low", "high"), [(-0.05, 0.05), (1.0, 4.0)])
def test_is_uniform(drawn, is_uniform, low, high):
    is_uniform(drawn(Uniform(low=low, high=high)), low, high)


def test_defaults(option_of):
    assert (option_of(Uniform, "low").default, option_of(Uniform, "high").default) == (-0.05, 0.05)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -2.0)])
def test_low_must_be_below_high(low, high):
    assert "`low`" in (Uniform(low=low, high=high).problem() or "")
    assert Uniform().problem() is None
