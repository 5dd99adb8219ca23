"""A run that a tracker is told about."""

import pytest

from mlpspec.catalog.trackers.base import EpochFacts, RunFacts

SPEC = {
    "name": "small",
    "vars": {"a": 1},
    "data": {"path": "x.csv"},
    "model": [{"dense": {"units": 8}}],
    "training": {"epochs": 3, "batch_size": 4},
}
RESULTS = {"train": {"loss": 0.25}, "test": {"loss": 0.5, "auroc": None}}


@pytest.fixture
def facts(tmp_path):
    """What a tracker is told at the start of a run."""

    def make(done=0):
        folder = tmp_path / "20260101-000000-abcdef"
        folder.mkdir(exist_ok=True)
        return RunFacts("small", folder, SPEC, "name: small\n", done)

    return make


@pytest.fixture
def logged(facts):
    """Log a run of three epochs, in two portions; with `again`, one that goes on after the second of them."""

    def run(tracker, *, again=False, ended="finished"):
        log = tracker.open()
        log.begin(facts())
        log.epochs([_epoch(1)])
        log.epochs([_epoch(2), _epoch(3)])
        if again:
            state = log.state()
            log.end("interrupted", {})
            log = tracker.open()
            if state:
                log.load_state(state)
            log.begin(facts(done=2))
            log.epochs([_epoch(3, loss=0.125)])
        log.end(ended, RESULTS)
        return facts().folder

    return run


def _epoch(number, loss=None):
    later = 0.0 if loss is None else 60.0
    return EpochFacts(number, 1_750_000_000.0 + number + later, {"train.loss": 1 / number if loss is None else loss, "learning_rate": 0.1})
