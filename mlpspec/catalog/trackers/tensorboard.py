"""TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, final

from mlpspec.catalog.trackers.base import EpochFacts, RunFacts, Tracker, TrackerLog

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


@final
class TensorBoard(Tracker):
    """Event files in `tensorboard/` of the run folder: `tensorboard --logdir runs` shows all runs.

    Every figure is a scalar over the epochs (`validation/accuracy`); the figures at the end are `final/test/accuracy`; the spec is a text.
    """

    kind = "tensorboard"
    package = "tensorboard"

    def open(self) -> TrackerLog:
        return _Events()


class _Events(TrackerLog):
    """A writer of event files."""

    writer: SummaryWriter

    def begin(self, run: RunFacts) -> None:
        from torch.utils.tensorboard import SummaryWriter

        purge = run.epochs_done + 1 if run.epochs_done else None  # epochs after the checkpoint are done again
        self.writer = SummaryWriter(str(run.folder / "tensorboard"), purge_step=purge, flush_secs=10)
        self.writer.add_text("spec", f"```yaml\n{run.text}\n```", run.epochs_done)
        self.last = run.epochs_done

    def epochs(self, epochs: Sequence[EpochFacts]) -> None:
        for epoch in epochs:
            for name, value in epoch.figures.items():
                self.writer.add_scalar(name.replace(".", "/"), value, epoch.number, walltime=epoch.time)
            self.last = epoch.number

    def end(self, ended: str, results: Mapping[str, Mapping[str, float | None]]) -> None:
        for part, figures in results.items():
            for name, value in figures.items():
                if value is not None:
                    self.writer.add_scalar(f"final/{part}/{name}", value, self.last)
        self.writer.close()
