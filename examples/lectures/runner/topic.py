"""An experiment as data: a spec, its variants, what is measured, what the lecture claims, and the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from mlpspec.language.document import Document

Outcome = Mapping[str, float | Sequence[float]]
"""What one run brought: numbers, and curves (over epochs or layers)."""

Measure = Callable[[Document], Outcome]


@dataclass(frozen=True)
class Findings:
    """The outcomes of all variants, a run for each seed; the same seeds, in the same order, for every variant."""

    outcomes: Mapping[str, Sequence[Outcome]]

    def values(self, variant: str, figure: str) -> np.ndarray:
        """A number of every run: (seeds,); NaN where a run did not get so far as to have it."""
        return np.array([outcome.get(figure, np.nan) for outcome in self.outcomes[variant]], float)

    def mean(self, variant: str, figure: str) -> float:
        """The mean over the seeds; NaN as soon as one run lacks the figure."""
        return float(self.values(variant, figure).mean())

    def curve(self, variant: str, figure: str) -> list[float]:
        """The mean over the seeds at each place of a curve; it ends where the longest run does."""
        curves = [outcome[figure] for outcome in self.outcomes[variant] if figure in outcome]
        return [float(np.nanmean(np.array(place, float))) for place in zip_longest(*curves, fillvalue=np.nan)]

    def no_worse(self, variant: str, other: str, figure: str, *, margin: float) -> bool:
        """Whether a figure that should be large is, on average, at most `margin` below the other variant's."""
        return self.mean(variant, figure) >= self.mean(other, figure) - margin

    def clearly_more(self, variant: str, other: str, figure: str) -> bool:
        """Whether the mean of the differences, seed by seed, is more than two of its standard errors above zero."""
        difference = self.values(variant, figure) - self.values(other, figure)
        error = difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else 0.0
        return bool(difference.mean() > 2 * error)


@dataclass(frozen=True)
class Topic:
    """An experiment.

    Attributes:
        spec: the spec's path from `examples/lectures/`.
        variants: by name, the settings that make a variant of the spec, as `--set` takes them.
        measure: what is done with a variant of the spec at one seed.
        figures: which numbers of an outcome the table shows.
        claims: what the lecture says, in words, with the condition that decides whether it held.
        chart: the picture, as an `svg` element.
        seeds: how many seeds, from 0 on, an experiment takes.
    """

    title: str
    spec: str
    variants: Mapping[str, Sequence[str]]
    measure: Measure
    figures: Sequence[str]
    claims: Mapping[str, Callable[[Findings], bool]]
    chart: Callable[[Findings], str]
    seeds: int = 3
