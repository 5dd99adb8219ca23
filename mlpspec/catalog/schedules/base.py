"""What every learning-rate schedule is."""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction
from typing import Literal, NamedTuple

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option

Unit = Literal["epoch", "step"]
"""What a schedule counts its time in: passes over the training rows, or optimizer steps."""


class Stage(NamedTuple):
    """From this step and epoch on (both from 0) an epoch has so many steps."""

    step: int
    epoch: int
    steps_per_epoch: int


class Horizon(NamedTuple):
    """How long a training run is: `steps` optimizer steps in all, `steps_per_epoch` in an epoch (both at least 1).

    Where batches change their size, `stages` tells from when on an epoch has how many steps; `skipped` steps of a warm-up went before the
    steps that are counted here.
    """

    steps: int
    steps_per_epoch: int
    stages: tuple[Stage, ...] = ()
    skipped: int = 0

    def after(self, steps: int) -> Horizon:
        """What is left after the first steps."""
        return self._replace(steps=max(1, self.steps - steps), skipped=self.skipped + steps)

    def epochs(self, step: int) -> float:
        """The time at a step in epochs and fractions of them.

        >>> growing = Horizon(16, 10, (Stage(0, 0, 10), Stage(10, 1, 4)))
        >>> [growing.epochs(step) for step in (5, 10, 12)]
        [0.5, 1.0, 1.5]
        """
        if not self.stages:
            return step / self.steps_per_epoch
        return float(self._since_start(step + self.skipped) - self._since_start(self.skipped))

    def epoch(self, step: int) -> int:
        """How many whole epochs have passed at a step."""
        if not self.stages:
            return step // self.steps_per_epoch
        return math.floor(self._since_start(step + self.skipped) - self._since_start(self.skipped))

    def _since_start(self, step: int) -> Fraction:
        stage = self.stages[bisect_right(self.stages, step, key=lambda stage: stage.step) - 1]
        return stage.epoch + Fraction(step - stage.step, stage.steps_per_epoch)


class Schedule(Entry):
    """The learning rate as a pure function of the step: at step t it is the optimizer's rate times `factor(t)`.

    Every schedule can begin with a warm-up: the factor rises in a straight line to the schedule's own first value over the first steps,
    and the schedule's own time starts after it.
    """

    warmup: float = option(
        default=0.0,
        minimum=0.0,
        doc="Warm-up: below 1 a share of all steps, from 1 a number of steps.",
        examples=(0.05,),
    )

    def factor(self, step: int, horizon: Horizon) -> float:
        """What the optimizer's learning rate is multiplied with at `step` (from 0), the warm-up included."""
        warmup = self.warmup_steps(horizon)
        rest = horizon.after(warmup)
        if step < warmup:
            return self.after_warmup(0, rest) * (step + 1) / (warmup + 1)
        return self.after_warmup(step - warmup, rest)

    def warmup_steps(self, horizon: Horizon) -> int:
        """How many steps the warm-up takes."""
        return round(self.warmup * horizon.steps) if self.warmup < 1 else round(self.warmup)

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        """The factor at `step` counted from the end of the warm-up; `horizon` is what is left then."""
        raise NotImplementedError(type(self).__name__)


def elapsed(step: int, horizon: Horizon, unit: Unit) -> float:
    """The time at a step, in steps or in (fractions of) epochs.

    >>> elapsed(15, Horizon(steps=100, steps_per_epoch=10), "epoch")
    1.5
    """
    return float(step) if unit == "step" else horizon.epochs(step)
