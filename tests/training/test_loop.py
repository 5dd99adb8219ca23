"""The loop alone, with a step that learns nothing and figures that were written down."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from mlpspec.compiler import loads
from mlpspec.diagnostics import CheckError
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.loop import Hooks, Loop, Position
from mlpspec.training.progress import Silent

SPEC = """\
mlpspec: 1
seed: 3
inputs: {x: numeric}
targets: {y: binary}
model: [{head: y}]
training:
  epochs: %d
  batch_size: 4
  %s
"""


class FakeStep:
    """Remembers what it was told."""

    def __init__(self, losses=(), stop_at=None, interrupt=None):
        self.losses, self.visits, self.rates, self.stop_at, self.interrupt = list(losses), [], [], stop_at, interrupt

    def run_epoch(self, epoch, order, bounds, rates, *, first=0):
        for number in range(first, len(bounds)):
            start, end = bounds[number]
            self.visits.append((epoch, order[start:end].tolist()))
            self.rates.append(rates[number])
            if (epoch, number) == self.stop_at:
                self.interrupt.exit_code = 75
            yield number + 1

    def epoch_loss(self):
        return self.losses.pop(0) if self.losses else 1.0


class Run:
    """A loop over figures of validation, one dict an epoch."""

    def __init__(self, validation, *, epochs=None, training="", rows=10, losses=(), stop_at=None, has_validation=True):
        spec = loads(SPEC % (epochs or len(validation), training)).spec
        self.interrupt = Interrupt()
        self.step = FakeStep(losses, stop_at, self.interrupt)
        self.validation, self.records, self.best, self.last = list(validation), [], [], []
        hooks = Hooks(
            self._validate, self.records.append, lambda p: self.best.append(p.epoch), lambda p: self.last.append((p.epoch, p.step))
        )
        self.loop = Loop(spec, nn.Linear(1, 1), self.step, rows, torch.device("cpu"), hooks, has_validation=has_validation)
        self.position = Position()

    def _validate(self):
        return self.validation.pop(0) if self.validation else {}

    def __call__(self):
        return self.loop.run(self.position, self.interrupt, Silent())


def losses(*values):
    return [{"loss": value} for value in values]


def accuracies(*values):
    return [{"loss": 1.0, "accuracy": value} for value in values]


def test_the_best_epoch_is_that_of_the_smallest_validation_loss():
    run = Run(losses(0.9, 0.5, 0.7, 0.4, 0.6))
    assert run() == "finished"
    assert run.best == [1, 2, 4]
    assert (run.position.best_epoch, run.position.best_value, run.position.stale_epochs) == (4, 0.4, 1)
    assert run.last == [(5, 0)]


def test_patience_counts_epochs_without_a_better_figure():
    """As Keras's EarlyStopping: stop when so many epochs in a row brought nothing."""
    run = Run(losses(0.9, 0.5, 0.6, 0.5, 0.55, 0.1), training="early_stopping: {patience: 3}")
    assert run() == "early stopping"
    assert run.position.epoch == 5
    assert run.position.best_epoch == 2
    assert run.last == [(5, 0)]


def test_a_better_figure_renews_patience():
    run = Run(losses(0.9, 0.95, 0.8, 0.85, 0.7, 0.75), training="early_stopping: {patience: 2}")
    assert run() == "finished"
    assert run.position.best_epoch == 5


def test_min_delta_is_what_an_improvement_must_exceed():
    """Each figure is compared with the best one, so that small steps add up."""
    run = Run(losses(1.0, 0.95, 0.85, 0.8, 0.76, 0.7), training="early_stopping: {patience: 9, min_delta: 0.1}")
    run()
    assert run.best == [1, 3, 6]


def test_a_figure_whose_goal_is_max_grows():
    run = Run(accuracies(0.5, 0.4, 0.7, 0.6, 0.65), training="early_stopping: {monitor: validation.accuracy, patience: 2}")
    assert run() == "early stopping"
    assert run.best == [1, 3]
    assert run.position.best_value == 0.7


def test_max_with_min_delta():
    run = Run(
        accuracies(0.5, 0.55, 0.65, 0.7, 0.73), training="early_stopping: {monitor: validation.accuracy, patience: 9, min_delta: 0.1}"
    )
    run()
    assert run.best == [1, 3]


def test_an_undefined_figure_is_no_improvement():
    run = Run(accuracies(None, 0.5, None, 0.6), training="early_stopping: {monitor: validation.accuracy, patience: 9}")
    run()
    assert run.best == [2, 4]


def test_without_validation_rows_the_training_loss_decides():
    run = Run([], epochs=3, losses=[0.5, 0.3, 0.4], has_validation=False)
    run()
    assert run.best == [1, 2]
    assert run.loop.monitor == "train.loss"


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_training_loss_that_is_no_number_ends_it(loss):
    run = Run(losses(0.9, 0.8, 0.7), losses=[0.9, loss], training="optimizer: {sgd: 0.25}")
    with pytest.raises(CheckError) as error:
        run()
    [diagnostic] = error.value.diagnostics
    assert diagnostic.code == "non-finite-loss"
    assert "training loss" in diagnostic.message
    assert "epoch 2" in diagnostic.message
    assert "learning rate of 0.25" in diagnostic.message
    assert "0.025" in diagnostic.help
    assert [record["epoch"] for record in run.records] == [1]
    assert run.best == [1]
    assert run.last == []


@pytest.mark.parametrize("loss", [math.nan, None])
def test_a_validation_loss_that_is_no_number_ends_it(loss):
    """The training loss of an epoch is from before its last step."""
    run = Run(losses(0.9, loss))
    with pytest.raises(CheckError, match="the validation loss became NaN or infinite in epoch 2"):
        run()
    assert run.best == [1]


def test_each_epoch_is_recorded_with_its_figures():
    run = Run(accuracies(0.5, None), losses=[0.7, 0.6], training="schedule: {exponential: {gamma: 0.5}}")
    run()
    first, second = run.records
    assert first.pop("seconds") >= 0
    assert first == {
        "epoch": 1,
        "train.loss": 0.7,
        "validation.loss": 1.0,
        "validation.accuracy": 0.5,
        "learning_rate": pytest.approx(run.step.rates[2]),
    }
    assert second["validation.accuracy"] is None
    assert second["learning_rate"] == pytest.approx(run.step.rates[5])


def test_the_schedule_gives_each_step_its_rate():
    """Half a cosine over 3 epochs of 3 batches (4, 4, 2 rows): rate * (1 + cos(pi t / 9)) / 2."""
    run = Run(losses(1, 1, 1), training="optimizer: {sgd: 0.2}\n  schedule: cosine")
    run()
    expected = [0.2 * (1 + math.cos(math.pi * t / 9)) / 2 for t in range(9)]
    assert run.step.rates == pytest.approx(expected)


def test_every_epoch_visits_all_rows_in_another_order():
    run = Run(losses(1, 1))
    run()
    orders = [[row for number, batch in run.step.visits if number == epoch for row in batch] for epoch in (0, 1)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]
    assert orders[0] == np.random.Generator(np.random.PCG64([3, 0])).permutation(10).tolist()


def test_without_shuffle_the_order_is_that_of_the_rows():
    run = Run(losses(1), training="shuffle: false")
    run()
    assert run.step.visits == [(0, [0, 1, 2, 3]), (0, [4, 5, 6, 7]), (0, [8, 9])]


@pytest.mark.parametrize(
    ("stop_at", "last", "ended"),
    [
        ((1, 0), (1, 1), "interrupted"),  # in the second epoch, after its first batch
        ((1, 2), (2, 0), "interrupted"),  # in the last batch of an epoch: the epoch counts
        ((2, 2), (3, 0), "finished"),  # in the very last batch: there is nothing left to stop
    ],
)
def test_a_wish_to_stop_is_heard_between_steps(stop_at, last, ended):
    run = Run(losses(0.9, 0.8, 0.7), stop_at=stop_at)
    assert run() == ended
    assert run.last == [last]
    assert len(run.records) == last[0]


def test_it_goes_on_from_a_position():
    run = Run(losses(0.7), epochs=2)
    run.position = Position(epoch=1, step=2, best_epoch=1, best_value=0.5)
    assert run() == "finished"
    order = np.random.Generator(np.random.PCG64([3, 1])).permutation(10).tolist()
    assert run.step.visits == [(1, order[8:])]
    assert run.best == []


def test_a_position_survives_json():
    import json

    position = Position(3, 2, 1, 0.25, 2, {"train.loss": 0.5, "validation.auroc": None})
    assert Position.from_json(json.loads(json.dumps(position.to_json()))) == position


@pytest.mark.parametrize(
    ("setting", "saved"),
    [("checkpoint: {epochs: 2}", [(2, 0), (4, 0), (5, 0)]), ("checkpoint: {steps: 4}", [(1, 1), (2, 2), (4, 0), (5, 0)])],
)
def test_checkpoints_come_when_they_are_due(setting, saved):
    """5 epochs of 3 steps."""
    run = Run(losses(1, 1, 1, 1, 1), training=setting)
    run()
    assert run.last == saved
