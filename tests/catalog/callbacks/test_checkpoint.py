import time

from mlpspec.catalog.callbacks import CallbackEntry, Checkpoint
from mlpspec.testing import check_options


def test_options():
    check_options(Checkpoint(seconds=5.0, epochs=2, steps=7), CallbackEntry)


def test_after_so_many_epochs(paper_run, begin):
    run = paper_run().follow(begin({"checkpoint": {"epochs": 2}}), "train.loss", [1, 1, 1, 1, 1])
    assert run.saved == [(2, 6), (4, 12)]


def test_after_so_many_steps(paper_run, begin):
    """4 steps after the last checkpoint, of 3 an epoch."""
    run = paper_run().follow(begin({"checkpoint": {"steps": 4}}), "train.loss", [1, 1, 1, 1])
    assert run.saved == [(1, 4), (2, 8), (4, 12)]


def test_after_so_long(paper_run, begin, monkeypatch):
    """A clock that a look at advances by a second: 12 steps, and 4 seconds have passed when the fifth look comes."""
    seconds = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    run = paper_run().follow(begin({"checkpoint": {"seconds": 3.5}}), "train.loss", [1, 1, 1, 1])
    assert run.saved == [(1, 4), (2, 8), (4, 12)]
