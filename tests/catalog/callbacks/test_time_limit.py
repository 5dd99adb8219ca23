import time

import pytest

from mlpspec.catalog.callbacks import CallbackEntry, TimeLimit
from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError
from mlpspec.testing import check_options


@pytest.fixture
def clock(monkeypatch):
    """A clock that each look advances by a second."""
    seconds = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))


def test_options():
    check_options(TimeLimit(minutes=3.0), CallbackEntry)
    check_options(TimeLimit(seconds=3.0), CallbackEntry)


@pytest.mark.parametrize(("written", "steps"), [({"seconds": 10}, 8), ({"minutes": 0.5}, 28), (0.5, 28)])
def test_it_stops_when_time_is_up(paper_run, begin, clock, written, steps):
    """Two looks at the start, then one a step; the limit is reached with the look that reads so many seconds after the start."""
    run = paper_run().follow(begin({"time_limit": written}), "train.loss", [1] * 99, steps_per_epoch=1)
    assert run.stopped == [(steps + 1, "time limit")]


def test_also_within_an_epoch(paper_run, begin, clock):
    run = paper_run().follow(begin({"time_limit": {"seconds": 10}}), "train.loss", [1], steps_per_epoch=99)
    assert run.stopped[0] == (0, "time limit")


def test_parts_of_a_run_count_together(paper_run, begin, clock):
    first, second, longer = (begin({"time_limit": {"seconds": seconds}}) for seconds in (10, 10, 1000))
    paper_run().follow(first, "train.loss", [1] * 5, steps_per_epoch=1)
    state = first.state()
    assert state["seconds"] == 7
    second.load_state(state)
    longer.load_state(state)
    assert paper_run().follow(second, "train.loss", [1] * 5, steps_per_epoch=1).stopped == [(2, "time limit")]
    assert paper_run().follow(longer, "train.loss", [1] * 5, steps_per_epoch=1).stopped == []


@pytest.mark.parametrize("written", ["time_limit", "time_limit: {minutes: 1, seconds: 2}"])
def test_one_unit_is_needed(written):
    with pytest.raises(SpecError, match="`minutes` or `seconds`"):
        loads(f"mlpspec: 1\ninputs: {{x: numeric}}\ntargets: {{y: binary}}\nmodel: [{{head: y}}]\ntraining:\n  callbacks:\n  - {written}\n")
