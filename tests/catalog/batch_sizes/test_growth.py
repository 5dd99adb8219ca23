from __future__ import annotations

import pytest

from mlpspec.catalog.batch_sizes import Growth


def test_start_times_factor_to_the_number_of_growths():
    """Smith et al. 2018, figure 1: the batch is multiplied where the learning rate would be divided."""
    growth = Growth(start=32, factor=2, every=10, maximum=512)
    assert [stage[:2] for stage in growth.stages()] == [(10 * n, 32 * 2**n) for n in range(5)]


def test_it_stops_at_the_maximum():
    assert [stage.rows for stage in Growth(start=10, factor=5, every=3, maximum=100).stages()] == [10, 50, 100]
    assert [stage[:2] for stage in Growth(start=10, maximum=10).stages()] == [(0, 10)]


def test_a_growth_that_rounds_to_nothing_is_no_stage():
    """1 * 1.1^n rounds to 1 until n is 5: 1.1^5 = 1.61."""
    assert [stage[:2] for stage in Growth(start=1, factor=1.1, every=2, maximum=3).stages()] == [(0, 1), (10, 2), (20, 3)]


@pytest.mark.parametrize(("scaling", "rates"), [("none", [1, 1, 1]), ("linear", [1, 2, 4]), ("sqrt", [1, 2**0.5, 2])])
def test_the_rate_is_relative_to_the_first_size(scaling, rates):
    growth = Growth(start=8, maximum=32, learning_rate_scaling=scaling)
    assert [stage.rate for stage in growth.stages()] == pytest.approx(rates)


def test_it_cannot_shrink():
    assert "can only grow" in (Growth(start=64, maximum=32).problem() or "")
    assert Growth(start=64, maximum=64).problem() is None
