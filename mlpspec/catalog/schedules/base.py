"""What every learning-rate schedule is."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option

Unit = Literal["epoch", "step"]
"""What a schedule counts its time in: passes over the training rows, or optimizer steps."""


class Horizon(NamedTuple):
    """How long a training run is: `steps` optimizer steps in all, `steps_per_epoch` in an epoch (both at least 1)."""

    steps: int
    steps_per_epoch: int


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
        rest = Horizon(max(1, horizon.steps - warmup), horizon.steps_per_epoch)
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
    return float(step) if unit == "step" else step / horizon.steps_per_epoch
