"""An epoch in metrics.jsonl, and before a person's eyes."""

from __future__ import annotations

from mlpspec.ir.callback import Callback, Run
from mlpspec.training.progress import Progress
from mlpspec.training.run_folder import RunFolder


class Record(Callback):
    """Adds a line to metrics.jsonl after every epoch."""

    def __init__(self, folder: RunFolder):
        self.folder = folder

    def on_epoch_end(self, run: Run) -> None:
        """Write the figures of the epoch."""
        self.folder.append_metrics({"epoch": run.epoch, **run.figures, "learning_rate": run.learning_rate, "seconds": run.seconds})


class Show(Callback):
    """Tells the display about every epoch."""

    def __init__(self, progress: Progress):
        self.progress = progress

    def on_epoch_end(self, run: Run) -> None:
        """Show the figures of the epoch."""
        self.progress.epoch(run.epoch, run.epochs, run.figures, run.rows / max(run.seconds, 1e-9))
