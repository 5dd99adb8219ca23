"""The figures of all folds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Spread:
    """One figure over the folds: its value in each, None where it is undefined; mean and standard deviation of the others.

    The standard deviation is that of a sample (divisor n - 1); None for fewer than two values.
    """

    values: Sequence[float | None]
    mean: float | None
    sd: float | None

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread:
        """The spread of some values.

        >>> Spread.of([1.0, 2.0, None, 3.0])
        Spread(values=(1.0, 2.0, None, 3.0), mean=2.0, sd=1.0)
        """
        known = [value for value in values if value is not None]
        return cls(tuple(values), fmean(known) if known else None, stdev(known) if len(known) > 1 else None)


def spreads(figures: Sequence[Mapping[str, Mapping[str, float | None]]]) -> dict[str, dict[str, Spread]]:
    """The spread of every figure by part and name, from each fold's figures by part and name."""
    parts = dict.fromkeys(part for fold in figures for part in fold)
    return {
        part: {
            name: Spread.of([fold.get(part, {}).get(name) for fold in figures])
            for name in dict.fromkeys(name for fold in figures for name in fold.get(part, {}))
        }
        for part in parts
    }
