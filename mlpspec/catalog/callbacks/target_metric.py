"""Stopping when a figure is good enough."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import option
from mlpspec.ir.callback import Callback, Run


@final
class TargetMetric(CallbackEntry):
    """Stop as soon as the monitored figure is at least `value`, or at most `value` where less is better, as with a loss.

    There may be several; the first that is reached ends training.
    """

    kind = "target_metric"
    alters_weights = False
    reason = "target reached"

    monitor: str = option(doc="The figure that is watched.", examples=("validation.accuracy",))
    value: float = option(doc="What it must reach.", examples=(0.99,))

    @property
    def role(self) -> str | None:
        return None

    def begin(self) -> Callback:
        return _Target(self)


class _Target(Callback):
    """Compares."""

    def __init__(self, options: TargetMetric):
        self.options = options

    def on_start(self, run: Run) -> None:
        self.on_epoch_end(run)  # a run that was stopped right after it had reached it

    def on_epoch_end(self, run: Run) -> None:
        found, wanted = run.figures.get(self.options.monitor), self.options.value
        if found is not None and (found <= wanted if run.goals.get(self.options.monitor) == "min" else found >= wanted):
            run.stop("target reached")
