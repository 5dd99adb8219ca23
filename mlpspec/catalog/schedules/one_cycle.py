"""One rise and one long fall."""

from __future__ import annotations

import math
from typing import final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class OneCycle(Schedule):
    """From a0 / start_divisor up to a0, then down to a0 / (start_divisor * end_divisor), each along half a cosine.

    The top is at step peak * T - 1, the end at the last step T - 1, with T the run's steps. The momentum stays as it is
    (PyTorch's scheduler also moves it).
    Source: Smith and Topin 2018; torch.optim.lr_scheduler.OneCycleLR.
    """

    kind = "one_cycle"
    main = "peak"

    peak: float = option(default=0.3, minimum=0.0, maximum=1.0, doc="Share of the run that rises.")
    start_divisor: float = option(default=25.0, minimum=1.0, maximum=1e9, doc="The learning rate divided by it is the first rate.")
    end_divisor: float = option(default=1e4, minimum=1.0, maximum=1e9, doc="The first rate divided by it is the last rate.")

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        top, end = max(0.0, self.peak * horizon.steps - 1.0), horizon.steps - 1
        first = 1.0 / self.start_divisor
        if step <= top:
            return _along_cosine(first, 1.0, step / top if top else 1.0)
        return _along_cosine(1.0, first / self.end_divisor, min(1.0, (step - top) / (end - top)) if end > top else 1.0)


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0
