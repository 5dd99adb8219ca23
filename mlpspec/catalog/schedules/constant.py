"""The same learning rate throughout."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.schedules.base import Horizon, Schedule


@final
class Constant(Schedule):
    """a0, always: what training does without a schedule; with `warmup`, after a rise."""

    kind = "constant"

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        return 1.0
