"""Clipping in the compiled step is that of the eager one, which is torch's."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.clippings import Adaptive, Clipping, Norm, Value
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.lowering import Function
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import block
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.compiled.make import make_step
from mlpspec.training.compiled.passes import matmul

ROWS = 43
LABELS = torch.arange(ROWS) % 3
CLIPPINGS = {"norm": Norm(limit=0.02), "value": Value(limit=0.003), "adaptive": Adaptive(ratio=0.01), "all": Adaptive(heads=True)}
OPTIMIZERS = {"sgd": Sgd(momentum=0.9), "adam": Adam(epsilon=1e-3)}


def cross_entropy(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


def net_of(classifier):
    return classifier(Dense(units=6, activation=Relu(), batchnorm=True), Dense(units=5, activation=Relu()))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", CLIPPINGS)
def test_every_clipping(kind, optimizer, assert_same, both, classifier, random_rows):
    net = net_of(classifier)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    clip = Clip.of(CLIPPINGS[kind], net, ["head"])
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), OPTIMIZERS[optimizer], epochs=6, rate=0.1, clip=clip)
    assert_same(compiled, eager, absolute=1e-5, relative=1e-4)
    free, _ = both(_reset(net, before), cross_entropy, random_rows(ROWS, (5,), y=LABELS), OPTIMIZERS[optimizer], epochs=6, rate=0.1)
    heads = [trained.module.state_dict()["head.weight"] for trained in (free, eager)]
    assert not torch.allclose(*heads, atol=1e-4), "it did nothing"


def _reset(net, weights):
    net.load_state_dict(weights)
    return net


@pytest.mark.parametrize("kind", CLIPPINGS)
@pytest.mark.parametrize("engine", ["TorchScript", "Python"])
def test_gradients_in_memory_of_their_own(kind, engine, monkeypatch, both, assert_same, classifier, random_rows):
    """oneDNN and batch norm hand out such."""
    monkeypatch.setattr(matmul, "SMALL", 0)
    monkeypatch.setattr(matmul, "first_is_faster", lambda first, second: True)
    if engine == "Python":
        monkeypatch.setattr(block, "emit", lambda program: (emit_python(program), "Python"))
    net = net_of(classifier)
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), clip=Clip.of(CLIPPINGS[kind], net, ["head"]))
    assert compiled.step.blocks[(8,)].engine == engine
    assert_same(compiled, eager)


def test_weights_that_share_one_gradient(both, assert_same, network, random_rows):
    """Two biases that are added: both have the same gradient, and each counts in the norm."""
    layers = [("a", Linear(units=3), ("x",)), ("b", Linear(units=3), ("z",)), ("y", Add(), ("a", "b"))]
    net = network({"x": (4,), "z": (2,)}, layers, {"y": "y"})
    data = random_rows(ROWS, (4,), (2,), y=LABELS)
    assert_same(*both(net, cross_entropy, data, clip=Clip.of(Norm(limit=0.01), net, []), rate=1.0))


def test_one_that_cannot_be_compiled_is_taken_eagerly_and_said(classifier, random_rows):
    class Halving(Clipping):
        kind = "halving"

        def lower(self):
            return Function("torch._foreach_mul_", (0.5,))

    net = net_of(classifier)
    data = random_rows(ROWS, (5,), y=LABELS)
    _, reason = make_step(net, cross_entropy, Sgd(), data, 8, clip=Clip.of(Halving(), net, []))
    assert reason == "eager, because the step cannot be compiled: the clipping torch._foreach_mul_"
