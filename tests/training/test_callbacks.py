import pytest
import torch

from mlpspec.diagnostics import ModelFileError
from mlpspec.ir.callback import Callback
from mlpspec.training.callbacks import Callbacks


class Remembering(Callback):
    def __init__(self, told, name):
        self.told, self.name, self.value, self.weights = told, name, 0, {}

    def on_start(self, run):
        self.told.append(("start", self.name))

    def on_end(self, run, ended):
        self.told.append((ended, self.name))

    def state(self):
        return {"value": self.value} if self.value else {}

    def load_state(self, state):
        self.value = state["value"]

    def tensors(self):
        return self.weights

    def load_tensors(self, tensors):
        self.weights = dict(tensors)


def two():
    told = []
    return told, Callbacks([("same", Remembering(told, "a")), ("same", Remembering(told, "b"))])


def test_all_are_told_in_their_order():
    told, callbacks = two()
    callbacks.on_start(None)
    callbacks.on_end(None, "finished")
    assert told == [("start", "a"), ("start", "b"), ("finished", "a"), ("finished", "b")]


def test_each_gets_back_its_own():
    _, callbacks = two()
    first, second = callbacks.named.values()
    first.value, second.value, second.weights = 3, 4, {"w.x": torch.ones(2)}
    _, others = two()
    others.load(callbacks.state(), callbacks.tensors())
    assert [callback.value for callback in others.named.values()] == [3, 4]
    assert [list(callback.weights) for callback in others.named.values()] == [[], ["w.x"]]


def test_one_that_is_new_begins_afresh_and_one_that_is_gone_is_forgotten():
    _, callbacks = two()
    callbacks.load({"early_stopping": {"stale": 3}}, {"ema/w": torch.ones(1)})
    assert callbacks.state() == {}


def test_a_state_of_another_form_is_a_damaged_run():
    _, callbacks = two()
    with pytest.raises(ModelFileError, match="`same 2`"):
        callbacks.load({"same 2": {"other": 1}}, {})
