from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from mlpspec.instants import NO_TIME, seconds_of_array, seconds_of_text, seconds_of_texts, seconds_of_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("1899-12-31T23:59", datetime(1899, 12, 31, 23, 59, tzinfo=UTC)),
        ("2024-05-17 08:30:15", datetime(2024, 5, 17, 8, 30, 15, tzinfo=UTC)),
        ("2024-05-17T08:30:15.999", datetime(2024, 5, 17, 8, 30, 15, tzinfo=UTC)),
        ("2024-05-17T08:30:15,5Z", datetime(2024, 5, 17, 8, 30, 15, tzinfo=UTC)),
        ("2024-05-17T00:30+02:00", datetime(2024, 5, 16, 22, 30, tzinfo=UTC)),
        ("2024-05-17T00:30-0530", datetime(2024, 5, 17, 6, 0, tzinfo=UTC)),
    ],
)
def test_iso_8601(text, time):
    assert seconds_of_text(text) == time.timestamp()


@pytest.mark.parametrize("text", ["0", "-1", "+5", "1715934615", str(2**63 - 1)])
def test_whole_seconds(text):
    assert seconds_of_text(text) == int(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "17.05.2024", "05/17/2024", "2024-5-17", "2024-02-30", "2023-02-29", "2024-13-01", "0000-01-01", "2024-05-17T25:00",
        "2024-05-17T", "24-05-17", "May 17", "1.5", "1e9", str(2**63), str(-(2**63)), "9" * 30, "2024-W20-5", "٢٠٢٤-٠٥-١٧", "NaT",
    ],
)  # fmt: skip
def test_other_texts_are_no_times(text):
    assert seconds_of_text(text) is None


def test_columns_of_texts():
    values, bad = seconds_of_texts(np.array([" 1970-01-02 ", "", "x", "x", "60"], object))
    assert values.tolist() == [86_400, 0, 0, 0, 60]
    assert bad.tolist() == [2, 3]


def test_times_of_python():
    assert seconds_of_time(date(1970, 1, 2)) == 86_400
    assert seconds_of_time(datetime(1969, 12, 31, 23, 59, 59, 999_999)) == -1
    assert seconds_of_time(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s", "m", "D"])
def test_times_of_numpy(unit):
    times = np.array(["1969-12-31T00:00", "2024-02-29T00:00", "NaT"], f"M8[{unit}]")
    assert seconds_of_array(times).tolist() == [-86_400, 1_709_164_800, NO_TIME]
    assert seconds_of_array(np.array(["1969-12-31T23:59:59.5"], "M8[ms]")).tolist() == [-1]
