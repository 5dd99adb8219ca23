"""Trackers at work: each in a thread of its own, so that neither an error nor a slow network there can stop or hold up a run."""

from __future__ import annotations

import importlib.util
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlpspec.catalog.trackers.base import EpochFacts, RunFacts, Tracker, TrackerLog
from mlpspec.diagnostics import Diagnostic, MachineError, Severity
from mlpspec.ir.callback import Callback, Run

PATIENCE = 30.0
"""How many seconds a run waits at its end for a tracker to take what is left."""


def refuse_missing_packages(trackers: Sequence[Tracker]) -> None:
    """Say before a run begins which trackers cannot log anything.

    Raises:
        MachineError: naming every package that is not installed.
    """
    problems = [
        Diagnostic(
            "missing-package",
            f"the tracker `{tracker.kind}` needs the package {tracker.package}, which is not installed",
            help=f"pip install 'mlpspec[{tracker.kind}]', or leave `{tracker.kind}` out of `training.logging`",
        )
        for tracker in trackers
        if tracker.package is not None and importlib.util.find_spec(tracker.package) is None
    ]
    if problems:
        raise MachineError(problems)


class Tracking(Callback):
    """Hands a run to a tracker's log. `problem` is there once something has failed; the tracker is left out from then on."""

    def __init__(self, kind: str, log: TrackerLog, facts: RunFacts, patience: float = PATIENCE):
        self.kind, self.log, self.facts, self.patience = kind, log, facts, patience
        self.problem: Diagnostic | None = None
        self._waiting: queue.SimpleQueue[EpochFacts | Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"mlpspec {kind}", daemon=True)

    def on_start(self, run: Run) -> None:
        """Begin."""
        facts = replace(self.facts, epochs_done=run.epoch)
        self._waiting.put(lambda: self.log.begin(facts))
        self._thread.start()

    def on_epoch_end(self, run: Run) -> None:
        """The epoch's figures, its learning rate and its speed."""
        figures = {name: value for name, value in run.figures.items() if value is not None}
        speed = run.rows / max(run.seconds, 1e-9)
        self._waiting.put(EpochFacts(run.epoch, time.time(), {**figures, "learning_rate": run.learning_rate, "rows_per_second": speed}))

    def on_end(self, run: Run, ended: str) -> None:
        """End, and wait a while until all is logged."""
        if self._thread.ident is None:
            return
        results = {part: dict(figures) for part, figures in run.results.items()}
        self._waiting.put(lambda: self.log.end(ended, results))
        self._waiting.put(_no_more)
        self._thread.join(self.patience)
        if self._thread.is_alive():
            self._fail(f"did not take all that was logged within {self.patience:g} s; what is left is lost")

    def state(self) -> dict[str, Any]:
        """What the log needs to go on; nothing while it fails."""
        try:
            return self.log.state() if self.problem is None else {}
        except Exception as error:  # foreign code may raise anything
            self._fail(f"failed: {_words(error)}")
            return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        self.log.load_state(state)

    def _work(self) -> None:
        """Do what waits, until the end; epochs that wait together go together."""
        while True:
            item = self._waiting.get()
            epochs: list[EpochFacts] = []
            while isinstance(item, EpochFacts):
                epochs.append(item)
                item = self._waiting.get() if not self._waiting.empty() else None
            for work in (lambda given=epochs: self.log.epochs(given)) if epochs else None, item:
                if work is _no_more:
                    return
                if work is not None and self.problem is None:
                    self._try(work)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # as above, and a library may end its thread
            self._fail(f"failed and was left out from then on: {_words(error)}")

    def _fail(self, what: str) -> None:
        if self.problem is None:
            help = "the run itself is whole; metrics.jsonl has every figure"
            self.problem = Diagnostic("tracker-failed", f"the tracker `{self.kind}` {what}", Severity.WARNING, help=help)


LONGEST = 300
"""Letters that are repeated of what a tracker says of its failure."""


def _words(error: BaseException) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first if len(first) <= LONGEST else first[:LONGEST] + '...'}"


def _no_more() -> None:
    """Stands at the end of what waits."""
