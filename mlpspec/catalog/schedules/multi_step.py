"""Drops at chosen epochs."""

from __future__ import annotations

from bisect import bisect_right
from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class MultiStep(Schedule):
    """a0 * gamma^n after n milestones: the rate drops at the start of each epoch in `milestones` (from 0) and is constant between.

    Some write a0 / gamma^n: their gamma is one over this one.
    Source: torch.optim.lr_scheduler.MultiStepLR.
    """

    kind = "multi_step"
    main = "milestones"

    milestones: tuple[int, ...] = option(
        minimum=1, maximum=1_000_000_000, min_items=1, doc="The epochs at whose start the rate drops.", examples=((30, 60),)
    )
    gamma: float = option(default=0.1, above=0.0, maximum=1.0, doc="What a drop multiplies the rate with.")

    def problem(self) -> str | None:
        for earlier, later in zip(self.milestones, self.milestones[1:], strict=False):
            if later <= earlier:
                return f"`milestones` has {later} after {earlier}: write them in rising order"
        return None

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        epoch = horizon.epoch(step)
        return self.gamma ** bisect_right(self.milestones, epoch)
