"""Which step a run gets, and the one line that says why."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.lowering import Function
from mlpspec.training.compiled.make import make_step, why_eager
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.group import Group
from mlpspec.training.step import EagerStep
from mlpspec.training.tensors import Tensors

DATA = Tensors(20, (torch.randn(20, 5),), {"y": torch.randn(20, 2)})


def squared(outputs, targets):
    return functional.mse_loss(outputs["y"], targets["y"])


class Net(nn.Module):
    def __init__(self, body=None):
        super().__init__()
        self.linear, self.body = nn.Linear(5, 2), body or (lambda x: x)

    def forward(self, x):
        return {"y": self.body(self.linear(x))}


def one_epoch(step):
    before = step.state()["step"].item()
    for _ in step.run_epoch(0, torch.arange(20), [(0, 8), (8, 16), (16, 20)], [0.1] * 3):
        pass
    assert step.state()["step"].item() == before + 3
    return step.epoch_loss()


def test_compiled_by_default():
    step, reason = make_step(Net(), squared, Adam(), DATA, 8)
    assert isinstance(step, CompiledStep)
    assert reason.startswith("compiled: ")
    assert one_epoch(step) > 0


def test_eager_when_asked():
    step, reason = make_step(Net(), squared, Adam(), DATA, 8, wanted="eager")
    assert isinstance(step, EagerStep)
    assert reason == "eager, as asked"
    assert one_epoch(step) > 0


class Optimized:
    """Like what torch.compile gives: it refuses to tell its length, and so whether it is true."""

    def __init__(self, module):
        self.module = module

    def __call__(self, *inputs):
        return self.module(*inputs)

    def __len__(self):
        raise TypeError("Net does not support len()")


@pytest.mark.parametrize(
    ("wanted", "anomaly", "size", "reason"),
    [
        ("eager", False, 2, "eager, as asked"),
        ("compiled", True, 1, "eager with a look at every number, as asked"),
        ("torch_compile", True, 2, "eager with a look at every gradient, as asked"),
        ("compiled", False, 2, "eager, because the step cannot be compiled: a bad day"),
        ("torch_compile", False, 1, "eager with the network through torch.compile, as asked"),
        ("torch_compile", False, 2, "eager, because torch.compile is for a process that trains alone"),
    ],
)
def test_nothing_is_said_to_be_asked_for_that_was_not(wanted, anomaly, size, reason):
    assert why_eager(wanted, "a bad day", anomaly=anomaly, group=Group(0, size)) == reason


def test_the_network_through_torch_compile(monkeypatch):
    monkeypatch.setattr(torch, "compile", Optimized)
    step, reason = make_step(Net(), squared, Adam(), DATA, 8, wanted="torch_compile")
    assert reason == "eager with the network through torch.compile, as asked"
    assert one_epoch(step) > 0


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (lambda x: x + torch.rand_like(x), "rand_like"),
        (lambda x: x if x.sum() > 0 else -x, "depends on the data"),
    ],
)
def test_eager_where_the_step_cannot_be_compiled(body, named):
    net = Net(body)
    step, reason = make_step(net, squared, Adam(), DATA, 8)
    assert isinstance(step, EagerStep)
    assert reason.startswith("eager, because the step cannot be compiled: ")
    assert named in reason
    assert "\n" not in reason
    assert one_epoch(step) > 0


def test_an_optimizer_of_a_plugin_learns_eagerly():
    class Adagrad(Optimizer):
        """Adagrad."""

        kind = "adagrad"
        learning_rate: float = 0.01

        def lower(self):
            return Function("torch.optim.Adagrad", (), {"lr": 0.01})

    step, reason = make_step(Net(), squared, Adagrad(), DATA, 8)
    assert isinstance(step, EagerStep)
    assert "torch.optim.Adagrad" in reason
    assert one_epoch(step) > 0


def test_state_moves_between_the_two_steps():
    torch.manual_seed(0)
    first, second = Net(), Net()
    second.load_state_dict(first.state_dict())
    compiled, _ = make_step(first, squared, Sgd(momentum=0.9), DATA, 8)
    eager, _ = make_step(second, squared, Sgd(momentum=0.9), DATA, 8, wanted="eager")
    one_epoch(compiled)
    second.load_state_dict(first.state_dict())
    eager.load_state(compiled.state())
    assert one_epoch(compiled) == pytest.approx(one_epoch(eager), rel=1e-5)
    torch.testing.assert_close(first.state_dict(), second.state_dict())
    first.load_state_dict(second.state_dict())
    compiled.load_state(eager.state())
    assert one_epoch(compiled) == pytest.approx(one_epoch(eager), rel=1e-5)
