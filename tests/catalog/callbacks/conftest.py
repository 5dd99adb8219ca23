"""A run without a network: figures that were written down, and what its callback asks for."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlpspec.language.build import build_entry


@dataclass
class PaperRun:
    """A `Run` that notes what is asked of it."""

    epoch: int = 0
    epochs: int = 100
    steps: int = 0
    figures: dict = field(default_factory=dict)
    goals: dict = field(default_factory=lambda: {"train.loss": "min", "validation.loss": "min", "validation.accuracy": "max"})
    monitor: str = "validation.loss"
    learning_rate: float = 0.1
    seconds: float = 1.0
    rows: int = 10
    module: object = None
    folder: Path = Path()
    stopped: list = field(default_factory=list)
    saved: list = field(default_factory=list)

    def stop(self, reason):
        self.stopped.append((self.epoch, reason))

    def save(self):
        self.saved.append((self.epoch, self.steps))

    def follow(self, callback, name, values, *, steps_per_epoch=3):
        """Epochs with these values of a figure, until the callback stops it."""
        callback.on_start(self)
        for value in values:
            if self.stopped:
                break
            for _ in range(steps_per_epoch - 1):
                self.steps += 1
                callback.on_steps(self)
            self.steps += 1
            self.epoch += 1
            self.figures = {name: value}
            callback.on_epoch_end(self)
        return self


@pytest.fixture
def paper_run():
    return PaperRun


@pytest.fixture
def begin():
    """The callback of an entry as a spec writes it."""
    from mlpspec.catalog.callbacks import CallbackEntry

    return lambda written: build_entry(CallbackEntry, written).begin()
