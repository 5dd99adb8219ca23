"""Parts of a time as small whole numbers: which there are, and how they are calculated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PERIODS = {"month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60}
"""The parts that come round again, each with the number of its values, which are counted from 0; Monday is weekday 0."""

EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""The first second of the year 1 and the last of the year 9999, counted from 1970-01-01 00:00; times beyond count as these."""


def date_part(seconds: np.ndarray, part: str) -> np.ndarray:
    """A part of each time, int64: the `year`, or one of `PERIODS`, counted from 0. Gregorian calendar, days of 86400 seconds.

    Args:
        seconds: int64 of any shape, counted from 1970-01-01 00:00; negative before.

    >>> import numpy as np
    >>> [date_part(np.array([951_782_400]), part).item() for part in ("year", "month", "day", "weekday")]  # Tuesday, 2000-02-29
    [2000, 1, 28, 1]
    """
    import numpy as np

    times = np.clip(seconds, EARLIEST, LATEST)
    days, second = np.divmod(times, 86_400)
    if part == "hour":
        return second // 3600
    if part == "minute":
        return second // 60 % 60
    if part == "weekday":
        return (days + 3) % 7  # 1970-01-01 was a Thursday
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    if part == "day":
        return (dates - months).astype(np.int64)
    if part == "month":
        return months.astype(np.int64) % 12
    return months.astype(np.int64) // 12 + 1970
