"""A drop every few epochs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class Step(Schedule):
    """a0 * gamma^floor(t / size), t in epochs: the rate drops at the start of every `size`-th epoch and is constant between.

    Source: torch.optim.lr_scheduler.StepLR.
    """

    kind = "step"
    main = "size"

    size: int = option(minimum=1, maximum=1_000_000, doc="Epochs from one drop to the next.", examples=(30,))
    gamma: float = option(default=0.1, above=0.0, maximum=1.0, doc="What a drop multiplies the rate with.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        epoch = horizon.epoch(step)
        return self.gamma ** (epoch // self.size)
