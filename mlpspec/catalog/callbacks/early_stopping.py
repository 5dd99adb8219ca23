"""Stopping when nothing becomes better any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import Record, option
from mlpspec.ir.callback import Callback, Run, is_better


class EarlyStoppingOptions(Record):
    """Stop when the monitored figure has not become better for a while; the best weights are kept either way."""

    monitor: str = option(
        default="validation.loss",
        doc="The figure that decides what is best: `validation.loss`, `train.loss`, `validation.METRIC`, or `validation.TARGET.METRIC`.",
        examples=("validation.loss", "validation.accuracy"),
    )
    patience: int = option(default=10, minimum=1, doc="How many epochs without a better figure are allowed.", examples=(10,))
    min_delta: float = option(default=0.0, minimum=0.0, doc="By how much a figure must be better to count.")


@final
class EarlyStopping(CallbackEntry, EarlyStoppingOptions):
    """Stop when the monitored figure has not become better for `patience` epochs in a row; the best weights are kept either way.

    The monitored figure also decides which weights are the best ones. The same options may be written as `training.early_stopping`.
    Source: keras.callbacks.EarlyStopping, with the best weights restored.
    """

    kind = "early_stopping"
    main = "patience"
    alters_weights = False
    reason = "early stopping"

    def begin(self) -> Callback:
        return _Patience(self)


class _Patience(Callback):
    """Counts the epochs since the last better figure."""

    def __init__(self, options: EarlyStopping):
        self.options = options
        self.best: float | None = None
        self.stale = 0

    def on_start(self, run: Run) -> None:
        self._judge(run)

    def on_epoch_end(self, run: Run) -> None:
        monitor = self.options.monitor
        value = run.figures.get(monitor)
        if is_better(value, self.best, run.goals.get(monitor, "min"), self.options.min_delta):
            self.best, self.stale = value, 0
        else:
            self.stale += 1
        self._judge(run)

    def _judge(self, run: Run) -> None:
        if self.stale >= self.options.patience:
            run.stop("early stopping")

    def state(self) -> dict[str, Any]:
        return {"monitor": self.options.monitor, "best": self.best, "stale": self.stale}

    def load_state(self, state: Mapping[str, Any]) -> None:
        if state["monitor"] == self.options.monitor:  # the values of another figure say nothing about this one
            self.best, self.stale = state["best"], int(state["stale"])
