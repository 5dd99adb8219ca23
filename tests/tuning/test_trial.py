from __future__ import annotations

import math

import pytest

from mlpspec.data.sharing import SharedData
from mlpspec.diagnostics import StoppedError
from mlpspec.training import train as training
from mlpspec.tuning import trial as module
from mlpspec.tuning.trial import Report, experiment


@pytest.fixture
def one(tmp_path, document):
    return lambda *settings: experiment(document(*settings), tmp_path, SharedData())


def test_a_trial_is_measured_by_its_best_weights(one, tuned, document):
    found = one().run(0)
    assert found.state == "finished"
    values = dict(found.values)
    settings = [f"{path}={value}" for path, value in values.items() if "learning_rate" not in path]
    rate = float(f"{values['training.optimizer.adam.learning_rate']:.4g}")
    alone = training.train(document(*settings, f"training.optimizer.adam.learning_rate={rate}"), runs=tuned / "runs")
    assert found.objective == alone.figures["validation"]["accuracy"]
    assert [epoch for epoch, _ in found.curve] == [1, 2, 3]
    assert list((tuned / "trials").iterdir()) == []  # nothing of it is left beside the study


def test_folds_are_averaged(one, monkeypatch):
    figures = iter([0.25, 0.5, 0.75])
    monkeypatch.setattr(module, "measured", lambda _result, _name: next(figures))
    found = one("data.split.folds=3").run(0)
    assert found.objective == pytest.approx(0.5)
    assert found.curve == ((1, 0.25), (2, 0.375), (3, 0.5))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            [
                "model=[{dense: {units: 8, name: a}}, {dense: {units: 8, name: b, from: size}}, {add: {from: [a, b]}}, {head: kind}]",
                "tuning.parameters={model.a.dense.units: {choices: [9]}}",
            ],
            "`add` needs equal shapes",
        ),
        (
            [
                "training.optimizer=sgd",
                "training.epochs=60",
                "targets={size2: {numeric: {columns: size}}}",
                "model.1.head=size2",
                "tuning={parameters: {training.optimizer.sgd.learning_rate: {range: [900, 1000]}}}",
            ],
            "became NaN or infinite",
        ),
    ],
)
def test_a_bad_combination_ends_the_trial_only(one, settings, reason):
    experiment_ = one(*settings)
    found = [experiment_.run(ticket) for ticket in range(2)]
    assert [trial.state for trial in found] == ["failed"] * 2
    assert reason in found[0].error


def test_an_undefined_figure_fails(one, monkeypatch):
    result = training.TrainingResult(None, "finished", 1, "best", "", {"validation": {"accuracy": None}}, 0, 0.0)
    monkeypatch.setattr(module, "train", lambda *_, **__: result)
    found = one().run(0)
    assert (found.state, found.error) == ("failed", "`validation.accuracy` is undefined")


def test_values_that_were_tried_are_not_trained_again(one, monkeypatch):
    experiment_ = one("tuning.parameters={model.0.dense.units: {choices: [3]}}")
    first = experiment_.run(0)
    monkeypatch.setattr(module, "train", lambda *_, **__: pytest.fail("it was trained again"))
    assert experiment_.run(1).objective == first.objective


def test_a_signal_queues_the_trial_again(one, monkeypatch):
    def stopped(*_, **__):
        raise StoppedError("saved", exit_code=130)

    experiment_ = one()
    monkeypatch.setattr(module, "train", stopped)
    with pytest.raises(StoppedError):
        experiment_.run(0)
    assert [trial.state for trial in experiment_.study.trials()] == ["interrupted", "waiting"]


def test_a_trial_that_does_badly_is_given_up(one):
    """Its network stays as it is at a learning rate of all but zero, and the five before it learnt."""
    choices = "{training.optimizer.adam.learning_rate: {choices: [0.1, 0.11, 0.12, 0.13, 0.14, 1e-9]}}"
    tuning = f"tuning={{maximize: validation.accuracy, sampler: grid, trials: 6, parameters: {choices}}}"
    experiment_ = one(tuning, "training.epochs=30", "training.batch_size=4")
    rates = "training.optimizer.adam.learning_rate"
    for rate in ("0.1", "0.11", "0.12", "0.13", "0.14", "1e-09"):
        experiment_.study._study.enqueue_trial({rates: rate})
    found = [experiment_.run(ticket) for ticket in range(6)]
    assert [trial.state for trial in found] == ["finished"] * 5 + ["pruned"]
    assert found[-1].curve[-1][0] < 30


class Told:
    """A trial that takes down what it is told."""

    def __init__(self):
        self.reports = []

    def report(self, step, value):
        self.reports.append((step, value))
        return len(self.reports) == 3


class Epoch:
    def __init__(self, epoch, value):
        self.epoch, self.epochs, self.figures, self.stopped = epoch, 100, {"validation.loss": value}, ""

    def stop(self, reason):
        self.stopped = reason


def test_what_a_study_is_told():
    """At most twenty figures a trial, and none that is no number."""
    told = Told()
    callback = Report(told, "validation.loss", 100)
    runs = [Epoch(epoch, math.nan if epoch == 10 else epoch / 100) for epoch in range(1, 21)]
    for run in runs:
        callback.on_epoch_end(run)
    assert told.reports == [(5, 0.05), (15, 0.15), (20, 0.2)]
    assert [run.epoch for run in runs if run.stopped] == [20]
