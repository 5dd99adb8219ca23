"""Polynomial decay over the whole run."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class Polynomial(Schedule):
    """a0 * (end + (1 - end) * (1 - t / T)^power), with T the run's steps; power 1 is a straight line.

    The end is reached after the last step, so that every step learns something.
    Source: Keras PolynomialDecay; torch.optim.lr_scheduler.PolynomialLR, which always ends at 0.
    """

    kind = "polynomial"
    main = "power"

    power: float = option(default=1.0, above=0.0, maximum=100.0, doc="1 is a straight line; more falls faster at first.", examples=(2.0,))
    end: float = option(default=0.0, minimum=0.0, maximum=1.0, doc="Share of the learning rate that is left at the end.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        left = max(0.0, 1.0 - step / horizon.steps)
        return self.end + (1.0 - self.end) * left**self.power
