"""The compiled step learns what the eager one learns: autograd and torch.optim are the reference."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.prelu import Prelu
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers.activation import ActivationLayer
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.average import Average
from mlpspec.catalog.layers.batchnorm import BatchNorm
from mlpspec.catalog.layers.concat import Concat
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.dot import Dot
from mlpspec.catalog.layers.flatten import Flatten
from mlpspec.catalog.layers.layernorm import LayerNorm
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.maximum import Maximum
from mlpspec.catalog.layers.minimum import Minimum
from mlpspec.catalog.layers.multiply import Multiply
from mlpspec.catalog.layers.reshape import Reshape
from mlpspec.catalog.layers.share import SharedOperation
from mlpspec.catalog.layers.subtract import Subtract
from mlpspec.catalog.losses.binary_cross_entropy import BinaryCrossEntropy
from mlpspec.catalog.losses.cross_entropy import CrossEntropy
from mlpspec.catalog.losses.huber import Huber
from mlpspec.catalog.losses.mae import Mae
from mlpspec.catalog.losses.mse import Mse
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.adamw import AdamW
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.pytorch.targets import resolve
from mlpspec.training.compiled import block
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.compiled.passes import matmul
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.tensors import Tensors

ROWS = 43
LABELS = torch.arange(ROWS) % 3
NUMBERS = torch.linspace(-2, 2, 2 * ROWS).reshape(ROWS, 2)


def cross_entropy(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


def squared(outputs, targets):
    return functional.mse_loss(outputs["y"], targets["y"])


@pytest.mark.parametrize("kind", [entry.kind for entry in ACTIVATIONS])
def test_every_activation(kind, assert_same, both, classifier, random_rows):
    net = classifier(Dense(units=6, activation=ACTIVATIONS[kind]()), Dense(units=4, activation=ACTIVATIONS[kind]()))
    assert_same(*both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS)))


MERGES = {
    "add": Add(),
    "average": Average(),
    "concat": Concat(),
    "dot": Dot(),
    "maximum": Maximum(),
    "minimum": Minimum(),
    "multiply": Multiply(),
    "subtract": Subtract(),
}


@pytest.mark.parametrize("kind", MERGES)
def test_every_merge(kind, assert_same, both, network, random_rows):
    left, right = Dense(units=4, activation=Relu()), Dense(units=4)
    layers = [
        ("left", left, ("a",)),
        ("right", right, ("b",)),
        ("merged", MERGES[kind], ("left", "right")),
        ("head", Linear(units=3), ("merged",)),
    ]
    net = network({"a": (3,), "b": (2,)}, layers, {"y": "head"})
    assert_same(*both(net, cross_entropy, random_rows(ROWS, (3,), (2,), y=LABELS)))


@pytest.mark.parametrize(
    "layers",
    [
        [BatchNorm(momentum=0.3, epsilon=1e-3)],
        [LayerNorm(epsilon=1e-3)],
        [Dense(units=6, batchnorm=True, activation=Relu()), Dense(units=4, batchnorm=True, activation=Relu())],
        [Linear(units=6, bias=False), ActivationLayer(function=Prelu(per_unit=True))],
        [Linear(units=6), Reshape(shape=(2, 3)), Linear(units=4), LayerNorm(), ActivationLayer(function=Relu()), Flatten()],
        [],
    ],
    ids=["batchnorm", "layernorm", "dense with batchnorm", "prelu per unit", "more axes", "nothing"],
)
def test_every_other_layer(layers, assert_same, both, classifier, random_rows):
    assert_same(*both(classifier(*layers), cross_entropy, random_rows(ROWS, (5,), y=LABELS)))


def test_shared_layer_gets_the_sum_of_its_gradients(assert_same, both, network, random_rows):
    encoder = Dense(units=4, activation=Relu())
    layers = [
        ("encoder", encoder, ("a",)),
        ("again", SharedOperation("encoder", encoder), ("b",)),
        ("joined", Concat(), ("encoder", "again")),
        ("head", Linear(units=3), ("joined",)),
    ]
    net = network({"a": (3,), "b": (3,)}, layers, {"y": "head"})
    assert_same(*both(net, cross_entropy, random_rows(ROWS, (3,), (3,), y=LABELS)))


def test_residual_network_with_several_targets_of_several_losses(assert_same, both, network, random_rows):
    layers = [
        ("first", Dense(units=6, activation=Relu()), ("x",)),
        ("inner", Dense(units=6, activation=Relu()), ("first",)),
        ("sum", Add(), ("first", "inner")),
        ("label", Linear(units=3), ("sum",)),
        ("number", Linear(units=2), ("sum",)),
        ("unused", Linear(units=2), ("x",)),
    ]
    net = network({"x": (5,)}, layers, {"label": "label", "number": "number"})

    def loss(outputs, targets):
        return torch.stack(
            [
                0.3 * functional.cross_entropy(outputs["label"], targets["label"]),
                squared({"y": outputs["number"]}, {"y": targets["number"]}),
            ]
        ).sum()

    compiled, eager = both(net, loss, random_rows(ROWS, (5,), label=LABELS, number=NUMBERS), Sgd(weight_decay=0.1))
    assert_same(compiled, eager)


LOSSES = {
    "cross entropy": (CrossEntropy(), LABELS, 3),
    "smoothed": (CrossEntropy(label_smoothing=0.2), LABELS, 3),
    "binary": (BinaryCrossEntropy(), (LABELS[:, None] > 0).float(), 1),
    "mse": (Mse(), NUMBERS, 2),
    "mse sum": (Mse(reduction="sum"), NUMBERS, 2),
    "mae": (Mae(), NUMBERS, 2),
    "mae sum": (Mae(reduction="sum"), NUMBERS, 2),
    "huber": (Huber(delta=0.7), NUMBERS, 2),
    "huber sum": (Huber(reduction="sum"), NUMBERS, 2),
}


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss(kind, assert_same, both, network, random_rows):
    entry, target, width = LOSSES[kind]
    record = entry.lower()
    function = partial(resolve(record.target), **record.kwargs)
    net = network(
        {"x": (5,)}, [("hidden", Dense(units=6, activation=Relu()), ("x",)), ("head", Linear(units=width), ("hidden",))], {"y": "head"}
    )
    assert_same(*both(net, lambda o, t: function(o["y"], t["y"]), random_rows(ROWS, (5,), y=target), rate=0.01))


def test_loss_that_does_not_join_is_taken_step_by_step(assert_same, both, network, random_rows):
    def loss(outputs, targets):
        return torch.sqrt(squared(outputs, targets)) + 0.5 * functional.l1_loss(outputs["y"], targets["y"], reduction="sum")

    net = network({"x": (5,)}, [("head", Linear(units=2), ("x",))], {"y": "head"})
    compiled, eager = both(net, loss, random_rows(ROWS, (5,), y=NUMBERS), rate=0.01)
    assert compiled.step.blocks[(8,)].joining is None
    assert_same(compiled, eager)


OPTIMIZERS = {
    "sgd": Sgd(),
    "sgd momentum": Sgd(momentum=0.9),
    "sgd nesterov": Sgd(momentum=0.9, nesterov=True, weight_decay=0.01),
    "sgd dampening": Sgd(momentum=0.9, dampening=0.5),
    "adam": Adam(epsilon=1e-3),
    "adam amsgrad": Adam(epsilon=1e-3, amsgrad=True, beta_2=0.9),
    "adam decay": Adam(epsilon=1e-3, weight_decay=0.1),
    "adamw": AdamW(epsilon=1e-3, weight_decay=0.1),
    "adamw amsgrad": AdamW(epsilon=1e-3, amsgrad=True),
    "rmsprop": RmsProp(epsilon=1e-3),
    "rmsprop all": RmsProp(epsilon=1e-3, momentum=0.5, centered=True, weight_decay=0.1),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_over_two_hundred_steps(kind, assert_same, both, classifier, random_rows):
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True), Dense(units=5, activation=Relu()))
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), OPTIMIZERS[kind], epochs=36, rate=0.01)
    assert compiled.step.update.steps == 36 * 6
    assert_same(compiled, eager, absolute=2e-4, relative=2e-3)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("engine", ["TorchScript", "Python"])
def test_every_optimizer_with_fresh_gradients(kind, engine, monkeypatch, both, assert_same, classifier, random_rows):
    # oneDNN and batch norm hand out their gradients in memory of their own
    monkeypatch.setattr(matmul, "SMALL", 0)
    monkeypatch.setattr(matmul, "first_is_faster", lambda first, second: True)
    if engine == "Python":
        monkeypatch.setattr(block, "emit", lambda program: (emit_python(program), "Python"))
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True), Dense(units=5, activation=Relu()))
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), OPTIMIZERS[kind], epochs=3, rate=0.01)
    assert compiled.step.blocks[(8,)].engine == engine
    assert_same(compiled, eager, absolute=1e-5, relative=1e-4)


def test_embedded_categories(both, assert_same):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.head = nn.Embedding(4, 3), nn.Linear(3, 3)

        def forward(self, x):
            return {"y": self.head(self.embedding(x).squeeze(1))}

    torch.manual_seed(0)
    data = Tensors(ROWS, (torch.arange(ROWS)[:, None] % 4,), {"y": LABELS})
    assert_same(*both(Net(), cross_entropy, data, epochs=2))


def test_two_runs_give_the_same_bits(classifier, learn, random_rows):
    data = random_rows(ROWS, (5,), y=LABELS)
    made = []
    for _ in range(2):
        net = classifier(Dense(units=6, activation=Relu(), batchnorm=True, dropout=0.3))
        made.append(learn(CompiledStep(net, cross_entropy, Adam(), data, 8, seed=4), net, data, 8, 3, 0.01))
    assert made[0].loss == made[1].loss
    for name, tensor in made[0].module.state_dict().items():
        assert torch.equal(tensor, made[1].module.state_dict()[name])


def test_a_resumed_run_gives_the_bits_of_one_that_never_stopped(classifier, random_rows):
    data = random_rows(ROWS, (5,), y=LABELS)
    bounds = [(start, min(start + 8, ROWS)) for start in range(0, ROWS, 8)]

    def made():
        net = classifier(Dense(units=6, activation=Relu(), dropout=0.3))
        return net, CompiledStep(net, cross_entropy, Adam(), data, 8, seed=4)

    def epoch(step, number):
        for _ in step.run_epoch(number, torch.arange(ROWS), bounds, [0.01] * len(bounds)):
            pass

    whole, step = made()
    epoch(step, 0)
    weights, state = copy.deepcopy(whole.state_dict()), {name: tensor.clone() for name, tensor in step.state().items()}
    epoch(step, 1)
    resumed, again = made()
    resumed.load_state_dict(weights)
    again.load_state(state)
    epoch(again, 1)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])


def test_dropout_zeroes_the_wanted_share_and_keeps_the_mean(random_rows):
    # a network of dropout and a sum alone: the gradient of the head's weights is the sum of the masked inputs
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1000))

        def forward(self, x):
            return {"y": functional.dropout(x, 0.3, self.training) * self.weight}

    net = Masked()
    data = random_rows(200, (1000,), y=torch.zeros(200, 1000))
    data = type(data)(200, (torch.ones(200, 1000),), data.targets)
    step = CompiledStep(net, lambda o, t: -(o["y"] - t["y"]).sum() / 200, Sgd(), data, 200)
    list(step.run_epoch(0, torch.arange(200), [(0, 200)], [1.0]))
    assert net.weight.mean().item() == pytest.approx(1.0, abs=0.01)  # 200,000 draws: standard error 0.0015
    assert net.weight.var().item() == pytest.approx(0.3 / 0.7 / 200, rel=0.2)


def test_steps_may_be_left_between_blocks(classifier, random_rows):
    data = random_rows(4000, (5,), y=torch.arange(4000) % 3)
    net = classifier(Dense(units=4, activation=Relu()))
    step = CompiledStep(net, cross_entropy, Adam(), data, 2)
    bounds = [(start, start + 2) for start in range(0, 4000, 2)]
    steps = step.run_epoch(0, torch.arange(4000), bounds, [0.01] * 2000)
    first = next(steps)
    assert 1 <= first < 2000
    steps.close()
    assert step.update.steps == first
    before = torch.get_num_threads()
    with torch.no_grad():
        assert torch.isfinite(net(data.inputs[0][:3])["y"]).all()
    assert torch.get_num_threads() == before
