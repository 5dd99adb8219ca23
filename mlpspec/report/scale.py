"""From values to places on a page: scales, and the round numbers that label them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlpspec.report.words import minus

GREATEST = 1e300
"""Beyond this a value is not drawn, so that no difference of two values overflows."""

LEAST = 1e-290
"""Nearer to zero than this a value counts as zero, so that no part of a difference underflows."""


@dataclass(frozen=True)
class Scale:
    """A straight or logarithmic way from `low..high` to `start..end` in pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        value = math.log10(value) if self.log else value
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def shows(self, value: float | None) -> bool:
        """Whether a value has a place: a finite number, above zero where the scale is logarithmic."""
        return value is not None and math.isfinite(value) and abs(value) <= GREATEST and (value > 0 or not self.log)

    def ticks(self, count: int) -> list[float]:
        """About `count` round values within the scale."""
        return log_ticks(self.low, self.high, count) if self.log else ticks(self.low, self.high, count)


def drawable(values: Iterable[float | None]) -> list[float]:
    """The values that can be drawn: no None, NaN, infinity or monster."""
    known = (float(value) for value in values if value is not None and math.isfinite(value) and abs(value) <= GREATEST)
    return [value if abs(value) >= LEAST else 0.0 for value in known]


def round_step(span: float, count: int, *, whole: bool = False) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts `span` into about `count` pieces.

    Source: Heckbert 1990, "Nice numbers for graph labels".

    >>> round_step(60, 6), round_step(0.7, 4), round_step(3, 6, whole=True)
    (10.0, 0.2, 1.0)
    """
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor for factor, limit in ((1, 1.5), (2, 3.5), (5, 7.5), (10, math.inf)) if raw / power < limit) * power
    step = float(f"{step:.0e}")
    return max(step, 1.0) if whole else step


def ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """Multiples of a round step from `low` to `high`, both included where they are multiples.

    >>> ticks(0, 1, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    step = round_step(high - low, count, whole=whole)
    digits = decimals(step)
    slack = 1e-9 * (high - low) / step
    first, last = math.ceil(low / step - slack), math.floor(high / step + slack)
    return [round(number * step, digits) + 0.0 for number in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Powers of ten from `low` to `high`; 2 and 5 times them as well while few, and every other one while many.

    >>> log_ticks(0.001, 10, 5)
    [0.001, 0.01, 0.1, 1.0, 10.0]
    """
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    stride = max(1, math.ceil((last - first) / max(count, 1)))
    values = [float(f"{factor}e{power}") for power in range(first, last + 1, stride) for factor in factors]
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def domain(values: Sequence[float], count: int = 5) -> tuple[float, float]:
    """Round ends around some values. Zero belongs to values that come near it; a single value lies in the middle."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    if 0 <= low < 0.4 * high:
        low = 0.0
    if 0 >= high > 0.4 * low:
        high = 0.0
    step = round_step(high - low, count)
    digits = decimals(step)
    return round(math.floor(low / step + 1e-9) * step, digits), round(math.ceil(high / step - 1e-9) * step, digits)


def log_domain(values: Sequence[float]) -> tuple[float, float]:
    """Round ends, of 1, 2 or 5 times a power of ten, around some positive values."""
    low, high = min(values), max(values)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)  # log10 rounds: of 999999999999.998 it is 12
    steps = [float(f"{factor}e{power}") for power in powers for factor in (1, 2, 5)]
    return max(step for step in steps if step <= low), min(step for step in steps if step >= high)


def decimals(step: float) -> int:
    """How many digits after the point a multiple of `step` needs."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def labels(values: Sequence[float]) -> list[str]:
    """The words of equally spaced ticks, all with the same digits and unit.

    >>> labels([0.0, 0.25, 0.5]), labels([0.0, 50000.0, 100000.0])
    (['0', '0.25', '0.50'], ['0', '50k', '100k'])
    """
    if len(values) < 2:
        return [alone(value) for value in values]
    step, largest = min(b - a for a, b in pairwise(values)), max(map(abs, values))
    if largest >= 1e12 or step < 1e-4:
        digits = max(0, math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9))
        return ["0" if value == 0 else minus(_short_power(f"{value:.{digits}e}")) for value in values]
    unit, sign = next(
        ((unit, sign) for unit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if largest >= unit * 10 and step >= unit / 10), (1.0, "")
    )
    digits = decimals(step / unit)
    if not math.isclose(step * 10**digits / unit, round(step * 10**digits / unit), rel_tol=1e-6):
        digits += 1  # a step such as 0.25
    return ["0" if value == 0 else minus(f"{value / unit:,.{digits}f}{sign}") for value in values]


def alone(value: float) -> str:
    """The words of one tick by itself, as on a logarithmic axis.

    >>> alone(0.001), alone(1e-5), alone(2e6)
    ('0.001', '1e-5', '2e6')
    """
    return minus(f"{value:g}" if value == 0 or 1e-3 <= abs(value) < 1e5 else _short_power(f"{value:.3e}"))


def _short_power(number: str) -> str:
    """`1.500e-05` as `1.5e-5`."""
    mantissa, power = number.split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(power)}"
