"""An epoch in metrics.jsonl, and before a person's eyes."""

from __future__ import annotations

import time

import torch

from mlpspec.ir.callback import Callback, Run
from mlpspec.training.best import Best
from mlpspec.training.device import memory_in_use
from mlpspec.training.progress import EpochSeen, Progress
from mlpspec.training.run_folder import RunFolder


class Record(Callback):
    """Adds a line to metrics.jsonl after every epoch."""

    def __init__(self, folder: RunFolder):
        self.folder = folder

    def on_epoch_end(self, run: Run) -> None:
        """Write the figures of the epoch."""
        skipped = {} if run.skipped is None else {"skipped_steps": run.skipped}
        line = {"epoch": run.epoch, **run.figures, "learning_rate": run.learning_rate, **skipped, "seconds": run.seconds}
        self.folder.append_metrics(line)


class Show(Callback):
    """Tells the display about every epoch, with the best one so far and how long the rest will take at the pace so far."""

    def __init__(self, progress: Progress, best: Best, device: torch.device):
        self.progress, self.best, self.device = progress, best, device

    def on_start(self, run: Run) -> None:
        """Look at the clock."""
        self._since, self._done = time.monotonic(), run.epoch

    def on_epoch_end(self, run: Run) -> None:
        """Show the epoch."""
        pace = (time.monotonic() - self._since) / max(1, run.epoch - self._done)
        seen = EpochSeen(
            number=run.epoch,
            epochs=run.epochs,
            figures=run.figures,
            rows_per_second=run.rows / max(run.seconds, 1e-9),
            learning_rate=run.learning_rate,
            best=self.best.value,
            best_epoch=self.best.epoch,
            seconds_left=pace * (run.epochs - run.epoch),
            memory=lambda: memory_in_use(self.device),
            skipped=run.skipped or 0,
        )
        self.progress.epoch(seen)
