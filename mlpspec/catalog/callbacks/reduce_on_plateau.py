"""Smaller steps when nothing becomes better any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import option
from mlpspec.ir.callback import Callback, Run, is_better


@final
class ReduceOnPlateau(CallbackEntry):
    """Multiply the learning rate with `factor` when the monitored figure has not become better for `patience` epochs in a row.

    The schedule goes on: its rate is what is multiplied. Patience is counted as in early_stopping and in Keras; PyTorch waits one epoch
    more, and compares by a ratio where `min_delta` is a difference.
    Source: keras.callbacks.ReduceLROnPlateau; torch.optim.lr_scheduler.ReduceLROnPlateau.
    """

    kind = "reduce_on_plateau"
    main = "factor"

    monitor: str = option(default="validation.loss", doc="The figure that is watched.", examples=("train.loss", "validation.accuracy"))
    factor: float = option(default=0.1, above=0.0, below=1.0, doc="What the learning rate is multiplied with.", examples=(0.5,))
    patience: int = option(default=10, minimum=1, doc="How many epochs without a better figure come before it.", examples=(5,))
    min_delta: float = option(default=0.0, minimum=0.0, doc="By how much a figure must be better to count.")
    cooldown: int = option(default=0, minimum=0, doc="How many epochs after it are not counted.")
    smallest: float = option(default=0.0, minimum=0.0, doc="The learning rate is made no smaller than this.", examples=(1e-6,))

    def begin(self) -> Callback:
        return _Plateau(self)


class _Plateau(Callback):
    """Counts the epochs since the last better figure, and remembers what the rate is multiplied with."""

    def __init__(self, options: ReduceOnPlateau):
        self.options = options
        self.best: float | None = None
        self.stale = self.cooling = 0
        self.factor = 1.0

    def on_epoch_end(self, run: Run) -> None:
        options = self.options
        value = run.figures.get(options.monitor)
        better = is_better(value, self.best, run.goals.get(options.monitor, "min"), options.min_delta)
        if better:
            self.best = value
        if better or self.cooling:
            self.stale, self.cooling = 0, max(0, self.cooling - 1)
            return
        self.stale += 1
        if self.stale >= options.patience:
            least = options.smallest / run.learning_rate if run.learning_rate > 0 else 0.0
            self.factor *= min(1.0, max(options.factor, least))
            self.stale, self.cooling = 0, options.cooldown

    def rate_factor(self) -> float:
        return self.factor

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "stale": self.stale, "cooling": self.cooling, "factor": self.factor}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.stale, self.cooling = state["best"], int(state["stale"]), int(state["cooling"])
        self.factor = float(state["factor"])
