"""Half a cosine over the whole run, or several with restarts."""

from __future__ import annotations

import math
from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class Cosine(Schedule):
    """a0 * (end + (1 - end) * (1 + cos(pi * t / T)) / 2), with T the run's steps; with `cycles`, T is a cycle, and t starts anew in each.

    The end is reached after the last step, so that every step learns something.
    Source: Loshchilov and Hutter 2017; torch.optim.lr_scheduler.CosineAnnealingLR and CosineAnnealingWarmRestarts.
    """

    kind = "cosine"

    end: float = option(default=0.0, minimum=0.0, maximum=1.0, doc="Share of the learning rate that is left at the end.")
    cycles: int = option(default=1, minimum=1, maximum=10_000, doc="How many equal parts the run has, each from the full rate to the end.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        if step >= horizon.steps:
            return self.end
        share = (step * self.cycles % horizon.steps) / horizon.steps
        return self.end + (1.0 - self.end) * (1.0 + math.cos(math.pi * share)) / 2.0
