from __future__ import annotations

import pickle

import numpy as np
import pytest

from mlpspec.catalog.schedules import SCHEDULES
from mlpspec.catalog.schedules.base import Horizon, Stage, elapsed
from mlpspec.catalog.schedules.constant import Constant
from mlpspec.catalog.schedules.cosine import Cosine
from mlpspec.catalog.schedules.exponential import Exponential
from mlpspec.catalog.schedules.inverse import Inverse
from mlpspec.catalog.schedules.multi_step import MultiStep
from mlpspec.catalog.schedules.step import Step

REQUIRED = {Step: {"size": 3}, MultiStep: {"milestones": (2, 4)}, Exponential: {"gamma": 0.1}, Inverse: {"gamma": 0.1}}


@pytest.mark.parametrize(("warmup", "steps"), [(0.0, 0), (0.25, 15), (1, 1), (7, 7), (0.05, 3)])
def test_warmup_is_a_share_or_a_number_of_steps(horizon, warmup, steps):
    assert Constant(warmup=warmup).warmup_steps(horizon) == steps


def test_warmup_rises_in_a_straight_line_to_the_first_value(factors):
    found = factors(Constant(warmup=4))
    np.testing.assert_allclose(found[:6], [0.2, 0.4, 0.6, 0.8, 1, 1])


def test_the_schedule_s_own_time_starts_after_the_warmup(factors, horizon):
    rest = Horizon(horizon.steps - 10, horizon.steps_per_epoch)
    np.testing.assert_allclose(factors(Cosine(warmup=10))[10:], factors(Cosine(), rest))


@pytest.mark.parametrize("entry", list(SCHEDULES), ids=lambda entry: entry.kind)
@pytest.mark.parametrize("run", [Horizon(1, 1), Horizon(2, 1), Horizon(3, 7), Horizon(100, 10)], ids=str)
@pytest.mark.parametrize("warmup", [0.0, 0.5, 5])
def test_every_schedule_stays_between_zero_and_one_however_short_the_run(entry, run, warmup):
    schedule = entry(warmup=warmup, **REQUIRED.get(entry, {}))
    found = [schedule.factor(step, run) for step in range(run.steps + 3)]  # beyond the end too
    assert all(0 <= factor <= 1 for factor in found)
    assert found[0] > 0


@pytest.mark.parametrize("entry", list(SCHEDULES), ids=lambda entry: entry.kind)
def test_a_schedule_remembers_nothing(entry, horizon):
    schedule = entry(**REQUIRED.get(entry, {}))
    forwards = [schedule.factor(step, horizon) for step in range(60)]
    backwards = [pickle.loads(pickle.dumps(schedule)).factor(step, horizon) for step in reversed(range(60))]
    assert forwards == backwards[::-1]


def test_time_in_either_unit():
    assert elapsed(7, Horizon(60, 5), "epoch") == 1.4
    assert elapsed(7, Horizon(60, 5), "step") == 7


GROWING = Horizon(30, 10, (Stage(0, 0, 10), Stage(20, 2, 5), Stage(25, 3, 1)))
"""Two epochs of ten steps, one of five, then epochs of one step."""


def test_epochs_of_different_lengths():
    assert [GROWING.epochs(step) for step in (0, 5, 10, 20, 22, 25, 27)] == [0, 0.5, 1, 2, 2.4, 3, 5]
    assert [GROWING.epoch(step) for step in (0, 9, 10, 19, 20, 24, 25, 26)] == [0, 0, 1, 1, 2, 2, 3, 4]


def test_a_warmup_is_part_of_the_first_epochs():
    """What is left after 15 steps begins in the middle of the second epoch."""
    rest = GROWING.after(15)
    assert rest.steps == 15
    assert [rest.epochs(step) for step in (0, 5, 10, 11)] == [0, 0.5, 1.5, 2.5]


def test_every_schedule_agrees_where_stages_change_nothing(horizon):
    stages = horizon._replace(stages=(Stage(0, 0, 5), Stage(20, 4, 5)))
    for entry in SCHEDULES:
        schedule = entry(warmup=7, **REQUIRED.get(entry, {}))
        expected = [schedule.factor(step, horizon) for step in range(60)]
        np.testing.assert_allclose([schedule.factor(step, stages) for step in range(60)], expected, rtol=1e-12, err_msg=entry.kind)


def test_drops_come_at_the_start_of_an_epoch_whatever_its_length():
    found = [MultiStep(milestones=(2, 3), gamma=0.5).factor(step, GROWING) for step in range(30)]
    assert found == [1.0] * 20 + [0.5] * 5 + [0.25] * 5
