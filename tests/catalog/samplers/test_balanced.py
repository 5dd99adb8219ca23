from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.catalog.samplers import Balanced

BY = np.repeat([0, 1, 2], [100, 30, 7])


@pytest.mark.parametrize(("epoch", "each"), [("rows", round(137 / 3)), ("rarest", 7), ("commonest", 100)])
def test_every_class_equally_often(epoch, each, orders):
    sampler = Balanced(epoch=epoch)
    assert sampler.rows(137, BY) == 3 * each
    for order in orders(sampler, 137, BY):
        assert np.bincount(BY[order]).tolist() == [each] * 3


def test_rows_of_a_class_take_turns(orders):
    for order in orders(Balanced(epoch="commonest"), 137, BY):
        visits = np.bincount(order, minlength=137)
        assert (visits[BY == 0] == 1).all()
        for number in range(3):
            assert np.ptp(visits[number == BY]) <= 1


def test_rows_of_a_common_class_that_wait_come_in_a_later_epoch(orders):
    seen = np.unique(np.concatenate(orders(Balanced(epoch="rarest"), 137, BY, epochs=200)))
    assert len(seen) == 137


def test_no_row_comes_twice_with_the_rarest(orders):
    assert all(len(np.unique(order)) == 21 for order in orders(Balanced(epoch="rarest"), 137, BY))


def test_classes_are_mixed(orders):
    """As shuffled: the mean place of each class is that of the epoch's middle, give or take."""
    [order] = orders(Balanced(epoch="commonest"), 137, BY, epochs=1)
    places = [np.flatnonzero(BY[order] == number).mean() for number in range(3)]
    assert places == pytest.approx([150, 150, 150], abs=30)  # three standard errors: 3 * 300 / sqrt(12 * 100)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.sampled_from(["rows", "rarest", "commonest"]))
def test_whatever_the_classes(counts, epoch):
    by = np.repeat(np.arange(len(counts)), counts)
    order = Balanced(epoch=epoch).order(len(by), by, np.random.default_rng(0))
    assert len(order) == Balanced(epoch=epoch).rows(len(by), by)
    assert len(set(np.bincount(by[order], minlength=len(counts)))) == 1
