from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mlpspec.catalog.calendar import EARLIEST, LATEST, PERIODS, date_part

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERY_DAY = [datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=n, hours=7 * n % 24, minutes=n % 60) for n in range(73_414)]  # to 2100-12-31
PYTHON = {
    "year": lambda time: time.year,
    "month": lambda time: time.month - 1,
    "day": lambda time: time.day - 1,
    "weekday": lambda time: time.weekday(),
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
}


@pytest.mark.parametrize("part", PYTHON)
def test_every_day_from_1900_to_2100_like_python(part):
    seconds = np.array([(time - EPOCH) // timedelta(seconds=1) for time in EVERY_DAY])
    assert EVERY_DAY[-1].date().isoformat() == "2100-12-31"
    assert date_part(seconds, part).tolist() == [PYTHON[part](time) for time in EVERY_DAY]


def test_ends_of_the_calendar():
    first, last = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH)
    assert (timedelta(seconds=EARLIEST), timedelta(seconds=LATEST)) == (first, last)
    assert date_part(np.array([-(2**63), EARLIEST, LATEST, 2**63 - 1]), "year").tolist() == [1, 1, 9999, 9999]


@pytest.mark.parametrize("part", PERIODS)
def test_parts_stay_within_their_periods(part):
    seconds = np.random.default_rng(0).integers(EARLIEST, LATEST, (10_000, 2))
    found = date_part(seconds, part)
    assert (found.min(), found.max()) == (0, PERIODS[part] - 1)
    assert (found.shape, found.dtype) == (seconds.shape, np.int64)
