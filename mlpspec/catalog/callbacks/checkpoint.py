"""Saving what is needed to go on."""

from __future__ import annotations

import time
from typing import final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import Record, option
from mlpspec.ir.callback import Callback, Run


class CheckpointOptions(Record):
    """When training saves what it needs to go on; it also does so at its end and when a signal stops it."""

    seconds: float = option(default=30.0, above=0.0, doc="About this long passes between two checkpoints, at most.", examples=(60,))
    minutes: float | None = option(default=None, above=0.0, doc="That in minutes, instead of `seconds`.", examples=(10,))
    epochs: int | None = option(default=None, minimum=1, doc="Also after every so many epochs.", examples=(5,))
    steps: int | None = option(default=None, minimum=1, doc="Also after about every so many steps.", examples=(1000,))
    keep: int = option(
        default=1,
        minimum=1,
        maximum=1000,
        doc="How many of the newest stay; where one is damaged, the one before serves.",
        examples=(3,),
    )

    def problem(self) -> str | None:
        if self.minutes is not None and self.seconds != 30.0:
            return "the time between checkpoints is given in `seconds` and in `minutes`; keep one of them"
        return None


@final
class Checkpoint(CallbackEntry, CheckpointOptions):
    """Save what is needed to go on, from time to time; training also does so at its end and when a signal stops it.

    The same options may be written as `training.checkpoint`. A checkpoint lies between two steps, or between two blocks of them where steps
    run in blocks.
    """

    kind = "checkpoint"
    alters_weights = False

    def begin(self) -> Callback:
        return _Saving(self)


class _Saving(Callback):
    """Knows when the last checkpoint was."""

    def __init__(self, options: Checkpoint):
        self.options = options

    def on_start(self, run: Run) -> None:
        self._at(run)

    def on_steps(self, run: Run) -> None:
        wanted = self.options
        late = time.monotonic() - self.saved_at > (wanted.seconds if wanted.minutes is None else 60 * wanted.minutes)
        if late or (wanted.steps is not None and run.steps - self.saved_steps >= wanted.steps):
            run.save()
            self._at(run)

    def on_epoch_end(self, run: Run) -> None:
        if self.options.epochs is not None and run.epoch % self.options.epochs == 0:
            run.save()
            self._at(run)
        else:
            self.on_steps(run)

    def _at(self, run: Run) -> None:
        self.saved_at, self.saved_steps = time.monotonic(), run.steps
