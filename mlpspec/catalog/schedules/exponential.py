"""Exponential decay."""

from __future__ import annotations

import math
from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule, Unit, elapsed


@final
class Exponential(Schedule):
    """a0 * exp(-gamma * t), with t in epochs or steps; it falls at every step, within an epoch too.

    PyTorch's ExponentialLR multiplies with its own gamma once an epoch: that is exp(-gamma) of this one.
    Source: Keras ExponentialDecay; torch.optim.lr_scheduler.ExponentialLR at the start of each epoch.
    """

    kind = "exponential"
    main = "gamma"

    gamma: float = option(
        above=0.0, maximum=1000.0, doc="How fast it falls: after 1 / gamma epochs (or steps) 37% is left.", examples=(0.05,)
    )
    per: Unit = option(default="epoch", doc="What t counts.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        return math.exp(-self.gamma * elapsed(step, horizon, self.per))
