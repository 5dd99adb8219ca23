"""Numbers, times and lengths of time as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

NOTHING = "–"
NO_BREAK = "\xa0"


def figure(value: float | None) -> str:
    """Four significant digits; a dash for None.

    >>> figure(0.97123), figure(12345.6), figure(0.0000123), figure(None)
    ('0.9712', '12,346', '1.23e-05', '–')
    """
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == int(value) and size < 1e15:
        return minus(f"{int(value):,}")
    if 1e-4 <= size < 1e3:
        return minus(f"{value:.4g}")
    return minus(f"{value:,.0f}" if 1e3 <= size < 1e9 else f"{value:.3g}")


def minus(number: str) -> str:
    """The same number with a real minus sign in front."""
    return "−" + number[1:] if number.startswith("-") else number


def count(value: int | None) -> str:
    """A whole number with its thousands apart; `?` for one not known."""
    return "?" if value is None else f"{value:,}"


def rows(value: int) -> str:
    """`1 row`, `2 rows`."""
    return f"{value:,} row{'' if value == 1 else 's'}"


def percent(share: float) -> str:
    r"""A share of 1 in per cent on one line, never rounded to all or nothing.

    >>> percent(0.5), percent(0.9999), percent(1.0)
    ('50\xa0%', '>\xa099.9\xa0%', '100\xa0%')
    """
    if math.isnan(share):
        return NOTHING
    if 0.999 < share < 1:
        return "> 99.9 %".replace(" ", NO_BREAK)
    if 0 < share < 0.001:
        return "< 0.1 %".replace(" ", NO_BREAK)
    return f"{share * 100:.1f}".removesuffix(".0") + NO_BREAK + "%"


def duration(seconds: float) -> str:
    """A length of time in its two greatest units.

    >>> duration(0.532), duration(83), duration(7260)
    ('0.53 s', '1 min 23 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s" if seconds < 59.5 else "1 min"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 // 60 else "")


def moment(stamp: str) -> str:
    """An ISO 8601 time as `3 November 2026, 14:05`; any other text as it is."""
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    return f"{time.day} {time:%B %Y, %H:%M}"


def clipped(name: str, length: int) -> str:
    """A name of at most `length` characters, its middle left out.

    >>> clipped("a_very_long_class_name", 12)
    'a_very…_name'
    """
    if len(name) <= length:
        return name
    tail = (length - 1) // 2
    return f"{name[: length - 1 - tail]}…{name[len(name) - tail :]}"


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """For each path as many of its last parts as tell it from the others.

    >>> short_names(["vars.width", "model.0.dense.dropout", "model.1.dense.dropout"])
    {'vars.width': 'width', 'model.0.dense.dropout': '0.dense.dropout', 'model.1.dense.dropout': '1.dense.dropout'}
    """
    found: dict[str, str] = {}
    for path in paths:
        parts = path.split(".")
        others = [other.split(".") for other in paths if other != path]
        length = next((n for n in range(1, len(parts) + 1) if not any(other[-n:] == parts[-n:] for other in others)), len(parts))
        found[path] = ".".join(parts[-length:])
    return found
