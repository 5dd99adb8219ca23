"""What every tracker is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mlpspec.catalog.entry import Entry


@dataclass(frozen=True)
class RunFacts:
    """What a tracker is told at the start: the name of the model, the run folder, the spec with every default, and epochs done before."""

    name: str
    folder: Path
    spec: Mapping[str, Any]
    text: str
    epochs_done: int = 0

    @property
    def options(self) -> dict[str, Any]:
        """The spec's values by path, without its data files and variables: `{"training.epochs": 60, "model.0.dense.units": 64}`."""
        return dict(_flat({key: value for key, value in self.spec.items() if key not in ("data", "vars")}, ""))


@dataclass(frozen=True)
class EpochFacts:
    """An epoch as a tracker gets it: its number from 1, when it ended (seconds since 1970), its figures, the undefined ones left out."""

    number: int
    time: float
    figures: Mapping[str, float]


class TrackerLog:
    """Where one run is logged. The methods are called one after another in a thread of their own and may raise and wait as they like."""

    def begin(self, run: RunFacts) -> None:
        """The run begins or goes on."""

    def epochs(self, epochs: Sequence[EpochFacts]) -> None:
        """Epochs that ended since the last call."""

    def end(self, ended: str, results: Mapping[str, Mapping[str, float | None]]) -> None:
        """The run is over: why, and the figures of its parts, if it came that far."""

    def state(self) -> dict[str, Any]:
        """What is needed to log to the same place when the run goes on, as JSON data; asked from another thread."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""


class Tracker(Entry):
    """Something that runs are logged to, for those who compare many. It can never stop a run: what fails there is a warning."""

    package: ClassVar[str | None] = None
    """What must be importable; `pip install "mlpspec[<kind>]"` brings it."""

    def open(self) -> TrackerLog:
        """A log for one run."""
        raise NotImplementedError(type(self).__name__)


def _flat(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{path}.{key}" if path else str(key))]
    if isinstance(value, list | tuple):
        return [pair for index, inner in enumerate(value) for pair in _flat(inner, f"{path}.{index}")]
    return [(path, value)]
