"""Whatever a tracker does, the run goes on."""

import threading
from types import SimpleNamespace

import pytest

from mlpspec.catalog.trackers.base import RunFacts, Tracker, TrackerLog
from mlpspec.diagnostics import MachineError
from mlpspec.training.tracking import Tracking, refuse_missing_packages

FACTS = RunFacts("small", None, {}, "")  # type: ignore[arg-type]
RESULTS = {"test": {"loss": 0.5}}


class Log(TrackerLog):
    """Writes down what it is told, and fails where it is asked to."""

    def __init__(self, fails_in=None, error=None, waits=None):
        self.told, self.fails_in, self.error, self.waits = [], fails_in, error or OSError("no network"), waits

    def _tell(self, what, *more):
        if self.waits:
            self.waits.wait(20)
        if what == self.fails_in:
            raise self.error
        self.told.append((what, *more))

    def begin(self, run):
        self._tell("begin", run.epochs_done)

    def epochs(self, epochs):
        for epoch in epochs:
            self._tell("epoch", epoch.number, dict(epoch.figures))

    def end(self, ended, results):
        self._tell("end", ended, results)

    def state(self):
        if self.fails_in == "state":
            raise self.error
        return {"id": 7}


def follow(tracking, epochs=3, ended="finished"):
    """A run of some epochs."""
    run = SimpleNamespace(epoch=0, figures={}, learning_rate=0.1, rows=50, seconds=2.0, results=RESULTS)
    tracking.on_start(run)
    for number in range(1, epochs + 1):
        run.epoch, run.figures = number, {"train.loss": 1 / number, "validation.auroc": None}
        tracking.on_epoch_end(run)
    tracking.on_end(run, ended)
    return tracking


def test_a_log_is_told_everything_in_order():
    log = Log()
    tracking = follow(Tracking("paper", log, FACTS))
    figures = [{"train.loss": 1 / number, "learning_rate": 0.1, "rows_per_second": 25.0} for number in (1, 2, 3)]
    assert log.told == [("begin", 0), *(("epoch", n, f) for n, f in zip((1, 2, 3), figures, strict=True)), ("end", "finished", RESULTS)]
    assert tracking.problem is None
    assert tracking.state() == {"id": 7}


@pytest.mark.parametrize("where", ["begin", "epoch", "end"])
@pytest.mark.parametrize("error", [OSError("no network"), SystemExit(1), ValueError()])
def test_an_error_is_one_warning(where, error):
    tracking = follow(Tracking("paper", Log(where, error), FACTS))
    assert tracking.problem.code == "tracker-failed"
    assert tracking.problem.message.startswith(f"the tracker `paper` failed and was left out from then on: {type(error).__name__}")
    assert tracking.state() == {}


def test_an_error_while_its_state_is_asked_for():
    tracking = Tracking("paper", Log("state"), FACTS)
    assert tracking.state() == {}
    assert "no network" in tracking.problem.message


def test_one_that_does_not_answer_is_not_waited_for():
    opened = threading.Event()
    tracking = follow(Tracking("paper", Log(waits=opened), FACTS, patience=0.05))
    assert "within 0.05 s" in tracking.problem.message
    opened.set()


def test_epochs_that_wait_go_together():
    """The network comes back after the third epoch."""
    opened, portions = threading.Event(), []

    class Portions(Log):
        def epochs(self, epochs):
            portions.append([epoch.number for epoch in epochs])

    log = Portions(waits=opened)
    tracking = Tracking("paper", log, FACTS)
    threading.Timer(0.2, opened.set).start()
    assert follow(tracking).problem is None
    assert portions == [[1, 2, 3]]


def test_a_run_that_failed_before_it_began_has_nothing_to_end():
    Tracking("paper", Log(), FACTS).on_end(SimpleNamespace(results={}), "failed")


def test_packages_that_are_missing_are_all_named():
    class Unknown(Tracker):
        kind = "unknown"
        package = "mlpspec_has_no_such_package"

    class Known(Tracker):
        kind = "known"
        package = "torch"

    refuse_missing_packages([Known(), Tracker()])
    with pytest.raises(MachineError) as error:
        refuse_missing_packages([Unknown(), Known(), Unknown()])
    assert len(error.value.diagnostics) == 2
    assert "pip install 'mlpspec[unknown]'" in error.value.diagnostics[0].help


def test_a_tracker_of_a_run_that_is_stopped_and_goes_on(train_in, spec_text, monkeypatch):
    """By way of the real tracker's entry, with a log of paper in the place of its own."""
    from mlpspec.catalog.trackers import TensorBoard
    from mlpspec.ir.callback import Callback

    logs = []

    class Remembering(Log):
        def load_state(self, state):
            self.told.append(("state", dict(state)))

    monkeypatch.setattr(TensorBoard, "package", None)
    monkeypatch.setattr(TensorBoard, "open", lambda self: logs.append(Remembering()) or logs[-1])

    class Stop(Callback):
        def on_epoch_end(self, run):
            if run.epoch == 2:
                run.stop("for now")

    first = train_in(spec_text, "training.logging=tensorboard", callbacks=[Stop()])
    second = train_in(spec_text, "training.logging=[tensorboard]", resume=first.folder)
    assert [told[0] for told in logs[0].told] == ["begin", "epoch", "epoch", "end"]
    assert logs[0].told[-1] == ("end", "for now", first.figures)
    assert [told[:2] for told in logs[1].told[:3]] == [("state", {"id": 7}), ("begin", 2), ("epoch", 3)]
    assert logs[1].told[-1] == ("end", "finished", second.figures)


def test_a_tracker_that_fails_leaves_the_run_as_it_is(train_in, spec_text, monkeypatch):
    from mlpspec.catalog.trackers import TensorBoard

    plain = train_in(spec_text)
    monkeypatch.setattr(TensorBoard, "package", None)
    monkeypatch.setattr(TensorBoard, "open", lambda self: Log("epoch"))
    result = train_in(spec_text, "training.logging=tensorboard")
    assert result.weights_sha256 == plain.weights_sha256
    assert [warning.code for warning in result.warnings] == ["tracker-failed"]
