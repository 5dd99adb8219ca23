from __future__ import annotations

import pickle

import numpy as np
import pytest

from mlpspec.catalog.schedules import SCHEDULES
from mlpspec.catalog.schedules.base import Horizon, elapsed
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
