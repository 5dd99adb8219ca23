"""What a run does, known before it begins."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from mlpspec.catalog.batch_sizes import Fixed, Growth, Milestones
from mlpspec.catalog.batch_sizes.base import Stage
from mlpspec.catalog.optimizers import Sgd
from mlpspec.catalog.samplers import Balanced, Sequential
from mlpspec.catalog.schedules import Cosine, Step
from mlpspec.language.sections.training import Training
from mlpspec.training.plan import Plan


def plan(rows=100, *, by=None, stages=None, **options):
    return Plan(Training(**{"epochs": 6, "batch_size": Fixed(rows=32), **options}), 3, rows, by=by, stages=stages)


def test_batches_of_one_size():
    found = plan()
    assert found.batches(0) == found.batches(5) == [(0, 32), (32, 64), (64, 96), (96, 100)]
    assert found.forms == Counter({(32,): 3, (4,): 1})
    assert [found.first_step(epoch) for epoch in range(7)] == [0, 4, 8, 12, 16, 20, 24]
    assert found.horizon == (24, 4, (), 0)


GROWTH = Growth(start=10, factor=2, every=2, maximum=40)


def test_batches_that_grow():
    """100 rows: ten steps in each of two epochs, then five in each of two, then three (40, 40, 20)."""
    found = plan(batch_size=GROWTH)
    assert [len(found.batches(epoch)) for epoch in range(6)] == [10, 10, 5, 5, 3, 3]
    assert [found.first_step(epoch) for epoch in range(7)] == [0, 10, 20, 25, 30, 33, 36]
    assert found.horizon.steps == 36
    assert [found.horizon.epoch(found.first_step(epoch)) for epoch in range(6)] == list(range(6))
    assert set(found.forms) == {(10,), (20,), (40,)}


def test_the_schedule_counts_the_steps_that_there_are():
    """Half a cosine over 36 steps, and the rate of each stage: the root of 1, 2, 4."""
    scaled = Growth(start=10, factor=2, every=2, maximum=40, learning_rate_scaling="sqrt")
    found = plan(batch_size=scaled, optimizer=Sgd(learning_rate=0.2), schedule=Cosine())
    rates = [rate for epoch in range(6) for rate in found.rates(epoch)]
    expected = [0.2 * (1 + math.cos(math.pi * t / 36)) / 2 for t in range(36)]
    factors = [1.0] * 20 + [2**0.5] * 10 + [2.0] * 6
    assert rates == pytest.approx(np.multiply(expected, factors))


def test_a_schedule_in_epochs_keeps_to_epochs():
    found = plan(batch_size=GROWTH, optimizer=Sgd(learning_rate=1.0), schedule=Step(size=3, gamma=0.5))
    assert [set(found.rates(epoch)) for epoch in range(6)] == [{1.0}] * 3 + [{0.5}] * 3


def test_a_run_that_ends_before_a_stage_does_not_know_its_form():
    assert set(plan(batch_size=Milestones(epochs=(3, 20), sizes=(50, 25, 5))).forms) == {(50,), (25,)}


def test_a_step_of_several_batches():
    found = plan(accumulate=2)
    assert found.batches(0) == [(0, 32, 64), (64, 96, 100)]
    assert found.forms == Counter({(32, 32): 1, (32, 4): 1})


def test_rows_that_fill_no_step_can_be_left_out():
    assert plan(drop_last=True).batches(0) == [(0, 32), (32, 64), (64, 96)]
    assert plan(drop_last=True, accumulate=2).batches(0) == [(0, 32, 64)]
    assert plan(rows=20, drop_last=True).batches(0) == [(0, 20)], "an epoch has a step"


def test_a_size_that_was_found_out():
    assert plan(stages=(Stage(0, 50, 3.0),), optimizer=Sgd(learning_rate=1.0)).rates(2) == [3.0, 3.0]


def test_an_epoch_may_have_other_rows_than_the_data():
    by = np.repeat([0, 1], [80, 20])
    found = plan(by=by, sampling=Balanced(epoch="rarest"))
    assert found.rows == len(found.order(1)) == 40
    assert found.batches(0) == [(0, 32), (32, 40)]


def test_the_order_follows_seed_and_epoch():
    assert np.array_equal(plan().order(2), np.random.Generator(np.random.PCG64([3, 2])).permutation(100))
    assert plan(sampling=Sequential()).order(4).tolist() == plan(shuffle=False).order(4).tolist() == list(range(100))
