"""Times as seconds since 1970-01-01 00:00 UTC, however a table writes them. Used where models are trained and where they answer."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)

FORMS = "write `2026-05-17`, `2026-05-17T08:30:00`, with `Z` or `+02:00` behind it where it matters, or whole seconds since 1970"
"""What a time may look like, for messages."""

NO_TIME = -(2**63)
"""What stands for a missing time where one must stand: NumPy's NaT."""


def seconds_of_text(text: str) -> int | None:
    """The seconds that a text means; None when it is neither an ISO 8601 date (with or without a time of day) nor a whole number.

    A time without a zone is taken as it stands. Parts of a second are dropped.

    >>> seconds_of_text("1970-01-02"), seconds_of_text("1970-01-01T01:00+01:00"), seconds_of_text("-5"), seconds_of_text("2023-02-29")
    (86400, 0, -5, None)
    """
    if _WHOLE.fullmatch(text):
        number = int(text)
        return number if -(2**63) < number < 2**63 else None
    if not _ISO.fullmatch(text):
        return None
    try:
        return seconds_of_time(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def seconds_of_texts(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The seconds that texts mean, spaces around them not counted: int64, 0 where none; and the numbers of the rows that mean none.

    Args:
        texts: (rows,) of str; an empty one is a missing time, which is no fault.
    """
    import numpy as np

    known: dict[str, int | None] = {"": 0}
    values = np.zeros(len(texts), np.int64)
    bad = []
    for row, text in enumerate(texts.tolist()):
        if text not in known:
            known[text] = seconds_of_text(text.strip(" \t"))
        seconds = known[text]
        if seconds is None:
            bad.append(row)
        else:
            values[row] = seconds
    return values, np.array(bad, np.int64)


def seconds_of_time(when: date) -> int:
    """The seconds of a date or a time; one without a zone is taken as it stands.

    >>> seconds_of_time(date(1969, 12, 31))
    -86400
    """
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400 + since.seconds


def seconds_of_array(times: np.ndarray) -> np.ndarray:
    """The seconds of datetime64 of any unit, int64; `NO_TIME` where missing."""
    import numpy as np

    return times.astype("M8[s]").astype(np.int64)
