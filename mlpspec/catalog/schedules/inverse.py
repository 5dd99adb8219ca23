"""Inverse decay."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule, Unit, elapsed


@final
class Inverse(Schedule):
    """a0 / (1 + gamma * t), with t in epochs or steps; it falls at every step, within an epoch too.

    Source: Robbins and Monro 1951; Keras InverseTimeDecay.
    """

    kind = "inverse"
    main = "gamma"

    gamma: float = option(
        above=0.0, maximum=1000.0, doc="How fast it falls: after 1 / gamma epochs (or steps) half is left.", examples=(0.1,)
    )
    per: Unit = option(default="epoch", doc="What t counts.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        return 1.0 / (1.0 + self.gamma * elapsed(step, horizon, self.per))
