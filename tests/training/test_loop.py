"""The loop alone, with a step that learns nothing and figures that were written down."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from mlpspec.compiler import loads
from mlpspec.diagnostics import CheckError
from mlpspec.ir.callback import Callback
from mlpspec.training.callbacks import Callbacks
from mlpspec.training.feed import MemoryFeed
from mlpspec.training.group import Group
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.loop import Hooks, Loop, Position
from mlpspec.training.loss_scale import Overflow
from mlpspec.training.plan import Plan
from mlpspec.training.tensors import Tensors

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

    overflow = None

    def __init__(self, losses=(), stop_at=None, interrupt=None):
        self.losses, self.visits, self.rates, self.stop_at, self.interrupt = list(losses), [], [], stop_at, interrupt

    def run_epoch(self, epoch, order, bounds, rates, *, first=0, last=None, start=0):
        for number in range(first, last):
            begin, end = bounds[number]
            self.visits.append((epoch, order[begin - start : end - start].tolist()))
            self.rates.append(rates[number])
            if (epoch, number) == self.stop_at:
                self.interrupt.exit_code = 75
            yield number + 1

    def epoch_loss(self):
        return self.losses.pop(0) if self.losses else 1.0


class Witness(Callback):
    """Writes down what it is told; may ask for something after an epoch."""

    def __init__(self, records, ask=None):
        self.records, self.ask = records, ask

    def on_epoch_end(self, run):
        self.records.append({"epoch": run.epoch, **run.figures, "learning_rate": run.learning_rate, "steps": run.steps})
        if self.ask:
            self.ask(run)


class Run:
    """A loop over figures of validation, one dict an epoch."""

    def __init__(self, validation, *, epochs=None, training="", rows=10, losses=(), stop_at=None, ask=None, more=()):
        spec = loads(SPEC % (epochs or len(validation), training)).spec
        self.interrupt = Interrupt()
        self.step = FakeStep(losses, stop_at, self.interrupt)
        self.validation, self.records, self.last = list(validation), [], []
        hooks = Hooks(self._validate, lambda p: self.last.append((p.epoch, p.step)))
        entries = [(entry.kind, entry.begin()) for entry in spec.training.all_callbacks]
        plan = Plan(spec.training, spec.seed, rows)
        callbacks = Callbacks([("witness", Witness(self.records, ask)), *entries, *more])
        self.loop = Loop(
            spec,
            nn.Linear(1, 1),
            self.step,
            plan,
            MemoryFeed(Tensors(rows, (), {}), plan),
            callbacks,
            hooks,
            monitor="validation.loss",
            folder=Path(),
        )
        self.position = Position()

    def _validate(self):
        return self.validation.pop(0) if self.validation else {}

    def __call__(self):
        return self.loop.run(self.position, self.interrupt)


def losses(*values):
    return [{"loss": value} for value in values]


def accuracies(*values):
    return [{"loss": 1.0, "accuracy": value} for value in values]


def test_gradients_that_overflow_at_any_scale_end_it():
    run = Run(losses(0.9, 0.8))
    run.step.overflow = Overflow(3, 30, 2.0**-14)
    with pytest.raises(CheckError, match="no scale of the loss keeps the gradients finite in float16 in epoch 1"):
        run()


def test_skipped_steps_are_known():
    run = Run(losses(0.9, 0.8))
    assert run.loop.skipped is None
    run.step.overflow = Overflow(3, 20, 2.0**-4)
    run()
    assert run.loop.skipped == 3


def test_it_ends_when_all_epochs_are_done():
    run = Run(losses(0.9, 0.5, 0.7))
    assert run() == "finished"
    assert [record["validation.loss"] for record in run.records] == [0.9, 0.5, 0.7]
    assert [record["steps"] for record in run.records] == [3, 6, 9]
    assert run.last == [(3, 0)]


def test_a_callback_may_stop_it_with_a_reason():
    run = Run(losses(0.9, 0.5, 0.7), ask=lambda seen: seen.stop("enough") if seen.epoch == 2 else None)
    assert run() == "enough"
    assert run.position.epoch == 2
    assert run.last == [(2, 0)]


def test_the_first_reason_counts():
    run = Run(losses(0.9, 0.5), ask=lambda seen: (seen.stop("one"), seen.stop("other")))
    assert run() == "one"


def test_a_reason_that_is_there_at_the_start_leaves_nothing_to_do():
    """A run that was killed between its last checkpoint and its end."""

    class Stopper(Callback):
        def on_start(self, run):
            run.stop("done before")

    run = Run(losses(0.9), more=[("stopper", Stopper())])
    assert run() == "done before"
    assert run.step.visits == []


def test_a_callback_may_stop_it_between_steps():
    class Stopper(Callback):
        def on_steps(self, run):
            if run.steps == 4:
                run.stop("enough")

    run = Run(losses(0.9, 0.5), more=[("stopper", Stopper())])
    assert run() == "enough"
    assert run.last == [(1, 1)]


def test_a_checkpoint_that_is_asked_for_has_the_state_of_all_callbacks():
    """Also of those that are told later."""

    class Counting(Callback):
        count = 0

        def on_epoch_end(self, run):
            self.count += 1

        def state(self):
            return {"count": self.count}

    states = []
    run = Run(losses(0.9, 0.5), ask=lambda seen: seen.save(), more=[("counting", Counting())])
    run.loop.hooks = Hooks(run._validate, lambda p: states.append(p.callbacks["counting"]["count"]))
    run()
    assert states == [1, 2, 2]


def test_a_factor_lowers_the_rates_of_the_coming_epoch():
    class Halving(Callback):
        factor = 1.0

        def on_epoch_end(self, run):
            self.factor /= 2

        def rate_factor(self):
            return self.factor

    run = Run(losses(1, 1, 1), training="optimizer: {sgd: 0.4}", more=[("halving", Halving()), ("halving", Halving())])
    run()
    assert run.step.rates == pytest.approx([0.4] * 3 + [0.1] * 3 + [0.025] * 3)
    assert [record["learning_rate"] for record in run.records] == pytest.approx([0.4, 0.1, 0.025])


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
    assert run.last == []


@pytest.mark.parametrize("loss", [math.nan, None])
def test_a_validation_loss_that_is_no_number_ends_it(loss):
    """The training loss of an epoch is from before its last step."""
    run = Run(losses(0.9, loss))
    with pytest.raises(CheckError, match="the validation loss became NaN or infinite in epoch 2"):
        run()
    assert [record["epoch"] for record in run.records] == [1]


def test_each_epoch_is_told_with_its_figures():
    run = Run(accuracies(0.5, None), losses=[0.7, 0.6], training="schedule: {exponential: {gamma: 0.5}}")
    run()
    first, second = run.records
    assert first == {
        "epoch": 1,
        "train.loss": 0.7,
        "validation.loss": 1.0,
        "validation.accuracy": 0.5,
        "learning_rate": pytest.approx(run.step.rates[2]),
        "steps": 3,
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
    run.position = Position(epoch=1, step=2)
    assert run() == "finished"
    order = np.random.Generator(np.random.PCG64([3, 1])).permutation(10).tolist()
    assert run.step.visits == [(1, order[8:])]


def test_a_position_survives_json():
    import json

    position = Position(3, 2, {"train.loss": 0.5, "validation.auroc": None}, {"early_stopping": {"stale": 2}})
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


def test_a_signal_between_two_questions_does_not_part_the_processes(threads_as_group):
    """It comes to one of two while a checkpoint is written, after they have agreed to go on: both hear of it the next time."""

    def work(group):
        run = Run(losses(*[0.5] * 4), training="checkpoint: {epochs: 1}")
        run.loop.group = group
        saved = run.loop.hooks.save

        def save(position):
            saved(position)
            if group.rank == 1:
                run.interrupt.exit_code = 75

        run.loop.hooks = replace(run.loop.hooks, save=save)
        return run(), run.position.epoch, run.last

    one, other = threads_as_group(2).run(work)
    assert one == other
    assert one[:2] == ("interrupted", 2)


def test_the_leading_process_decides_when_to_save(threads_as_group):
    """Its clock and no other."""

    def work(group):
        run = Run(losses(*[0.5] * 3), ask=lambda run: run.save() if group.rank == run.epoch % 2 else None)
        run.loop.group = group
        run()
        return run.last

    one, other = threads_as_group(2).run(work)
    assert one == other == [(2, 0), (3, 0)]  # the last is that of the end


def test_a_signal_that_one_process_hears_while_all_ask_each_other_stops_all_at_the_next_question(threads_as_group):
    runs = {}

    class Late(Group):
        def greatest(self, value):
            found = super().greatest(value)
            if self.rank == 1:
                runs[1].interrupt.exit_code = 75
            return found

    def work(group):
        runs[group.rank] = run = Run(losses(*[1.0] * 9), rows=40)
        run.loop.group = Late(group.rank, 2)
        return run(), run.last, run.interrupt.exit_code

    assert threads_as_group(2).run(work) == [("interrupted", [(0, 4)], 75)] * 2  # asked at the start, and again four steps later
