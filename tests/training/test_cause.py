"""A network of one number: y = w x, squared error, plain gradient descent. What it does can be calculated by hand."""

import math

import pytest
import torch
from torch import nn

from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.training.cause import find_cause, largest_gradient
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.feed import PlannedEpoch, Stretch
from mlpspec.training.step import EagerStep, make_optimizer
from mlpspec.training.tensors import Tensors

DATA = Tensors(4, (torch.tensor([[1.0], [2.0], [1.0], [1.0]]),), {"y": torch.zeros(4, 1)})


class Net(nn.Module):
    def __init__(self, weight=1.0):
        super().__init__()
        self.layer = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.layer.weight, weight)

    def forward(self, x):
        return {"y": self.layer(x)}


def squared(outputs, targets):
    return nn.functional.mse_loss(outputs["y"], targets["y"])


class Rows:
    """Four rows in two stretches."""

    def stretches(self, epoch, first=0):
        if first < 2:
            yield Stretch(0, 2, DATA, torch.arange(2))
        yield Stretch(2, 4, DATA, torch.arange(2, 4), 2)


def plan(rates):
    """Four batches of a row an epoch."""
    return lambda epoch: PlannedEpoch(epoch, [(n, n + 1) for n in range(4)], rates[epoch], Rows())


def step_of(kind, net):
    return CompiledStep(net, squared, Sgd(), DATA, 1) if kind == "compiled" else EagerStep(net, squared, make_optimizer(Sgd(), net), DATA)


@pytest.mark.parametrize("kind", ["compiled", "eager"])
def test_the_step_and_the_gradient_before_it(kind):
    """A step multiplies w with 1 - 2 rate x^2. Epoch 0 leaves w = 1; in epoch 1 the first step makes it -1e15, the second (x = 2) 8e30.

    The third has a loss of 6.4e61, which float32 does not hold; the gradient of the step before is 2 x^2 w = -8e15.
    """
    net = Net()
    cause = find_cause(net, step_of(kind, net), squared, plan([[0.0] * 4, [5e14, 1e15, 0.1, 0.1]]), range(2), 0, lambda: False)
    assert (cause.step, cause.layer) == (3, "layer")
    assert cause.rate == 0.1
    assert cause.norm == pytest.approx(8e15, rel=1e-3)


def test_it_can_begin_within_an_epoch():
    net = Net(1e30)
    cause = find_cause(net, step_of("eager", net), squared, plan([[0.25] * 4]), range(1), 2, lambda: False)
    assert (cause.step, cause.rate) == (3, 0.25)
    assert cause.norm == pytest.approx(2e30)


def test_when_every_loss_is_finite_the_last_step_is_looked_at():
    """A validation loss alone can be infinite: rows that training has not seen."""
    net = Net()
    cause = find_cause(net, step_of("eager", net), squared, plan([[0.0] * 4]), range(1), 0, lambda: False)
    assert (cause.step, cause.norm) == (4, pytest.approx(2.0))


def test_it_can_be_stopped():
    net = Net()
    assert find_cause(net, step_of("eager", net), squared, plan([[0.0] * 4] * 2), range(2), 0, lambda: True) is None


def test_a_gradient_that_is_no_number_is_the_largest():
    net = nn.ModuleDict({"big": nn.Linear(1, 1), "odd": nn.Linear(1, 1)})

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.big, self.odd = net["big"], net["odd"]

        def forward(self, x):
            return {"y": 1e10 * self.big(x) + torch.sqrt(0 * self.odd(x))}

    layer, norm = largest_gradient(Two(), lambda outputs, targets: outputs["y"].sum(), DATA, torch.arange(2))
    assert layer == "odd"
    assert not math.isfinite(norm)
