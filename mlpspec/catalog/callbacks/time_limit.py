"""Stopping when time is up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import option
from mlpspec.ir.callback import Callback, Run


@final
class TimeLimit(CallbackEntry):
    """Stop when training has taken this long, also in the middle of an epoch; the best weights so far are kept.

    All parts of a run that was stopped and resumed count together. A run that ended so goes on when it is resumed with a longer limit.
    """

    kind = "time_limit"
    main = "minutes"
    alters_weights = False
    reason = "time limit"

    minutes: float | None = option(default=None, above=0.0, maximum=1e7, doc="How long, in minutes.", examples=(30,))
    seconds: float | None = option(default=None, above=0.0, maximum=1e9, doc="How long, in seconds.", examples=(90,))

    def problem(self) -> str | None:
        if (self.minutes is None) == (self.seconds is None):
            return "`time_limit` takes `minutes` or `seconds`; write one of them"
        return None

    def begin(self) -> Callback:
        return _Clock(self.seconds if self.seconds is not None else 60 * (self.minutes or 0))


class _Clock(Callback):
    """Knows how long all parts of the run have taken."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.before = 0.0
        self.started = time.monotonic()

    @property
    def used(self) -> float:
        """Seconds so far."""
        return self.before + time.monotonic() - self.started

    def on_start(self, run: Run) -> None:
        self.started = time.monotonic()
        self.on_steps(run)

    def on_steps(self, run: Run) -> None:
        if self.used >= self.seconds:
            run.stop("time limit")

    def on_epoch_end(self, run: Run) -> None:
        self.on_steps(run)

    def state(self) -> dict[str, Any]:
        return {"seconds": self.used}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.before = float(state["seconds"])
