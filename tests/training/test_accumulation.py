"""A step in several batches learns what one batch of all their rows teaches."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.targets import TARGETS
from mlpspec.catalog.weightings import Custom
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.training.accumulation import pieces
from mlpspec.training.batches import batch_bounds, forms_of
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.losses import TotalLoss
from mlpspec.training.step import EagerStep, make_optimizer
from mlpspec.training.tensors import Tensors

ROWS = 23
GENERATOR = np.random.default_rng(7)
COLUMNS = {
    "category": np.array(["a", "b", "b", "c", "b"] * 5, object)[:ROWS],
    "binary": np.array(["n", "y", "n", "n"] * 6, object)[:ROWS],
    "multilabel": (np.arange(ROWS) % 4 == 0).astype(float),
    "numeric": GENERATOR.normal(0, 3, ROWS),
}
WEIGHTS = {"category": {"a": 5.0, "c": 0.25}, "binary": {"y": 7.0}, "multilabel": {"multilabel": 3.0}}
CASES = [
    (kind, loss.kind, options)
    for kind in COLUMNS
    for loss in LOSSES
    if kind in loss.targets
    for options in [{}, *([{"class_weights": Custom(weights=WEIGHTS[kind])}] if loss.weight_argument else [])]
    + ([{"reduction": "sum"}] if "reduction" in loss.__dataclass_fields__ else [])
]


def fitted(kind, loss, options):
    inner = {name: value for name, value in options.items() if name == "reduction"}
    target = TARGETS[kind](loss=LOSSES[loss](**inner), **{name: value for name, value in options.items() if name not in inner})
    return target, target.fit(kind, ColumnReader(open_frame(COLUMNS, missing_tokens=("",))))


def encoded(item):
    from mlpspec.data.operators import run_program

    reader = ColumnReader(open_frame(COLUMNS, missing_tokens=("",)))
    return torch.from_numpy(run_program(item.encode, {item.encode.inputs[0]: reader.raw(item)})[item.encode.outputs[0]])


@pytest.mark.parametrize(("kind", "loss", "options"), CASES, ids=str)
@pytest.mark.parametrize("form", [(8, 8, 7), (10, 10, 3), (22, 1)], ids=str)
def test_the_parts_of_every_loss_add_up(kind, loss, options, form):
    target, item = fitted(kind, loss, options)
    total, truth = TotalLoss({kind: target}, {kind: item}), encoded(item)
    net = nn.Linear(4, len(item.decode.inputs) * item.facts.outputs)
    x = torch.randn(ROWS, 4, generator=torch.Generator().manual_seed(1))
    expected = total({kind: net(x)}, {kind: truth})
    found = [piece.loss({kind: net(*piece.inputs)}) for piece in pieces(total, (x,), {kind: truth}, form)]
    assert len(found) == len(form)
    torch.testing.assert_close(torch.stack(found).sum(), expected, rtol=1e-5, atol=1e-6)
    gradient = torch.autograd.grad(sum(found), net.weight)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, net.weight), rtol=1e-4, atol=1e-6)


def test_a_mean_of_means_would_be_another_loss():
    """Batches of 22 rows and of one: the second is 1/23 of the loss, not half of it."""
    target, item = fitted("numeric", "mse", {})
    total, truth = TotalLoss({"numeric": target}, {"numeric": item}), encoded(item)
    shares = total.shares([{"numeric": truth[:22]}, {"numeric": truth[22:]}])
    assert shares == [{"numeric": 22 / 23}, {"numeric": 1 / 23}]


def test_rows_of_heavy_classes_count_more():
    target, item = fitted("category", "cross_entropy", {"class_weights": Custom(weights={"a": 5.0})})
    total = TotalLoss({"k": target}, {"k": item})
    [first, second] = total.shares([{"k": torch.tensor([0, 0])}, {"k": torch.tensor([1, 2])}])
    assert (first["k"].item(), second["k"].item()) == pytest.approx((10 / 12, 2 / 12))


def test_a_loss_that_cannot_be_divided_is_refused():
    with pytest.raises(NotImplementedError, match="cannot be divided"):
        list(pieces(lambda outputs, truths: outputs, (torch.zeros(4, 1),), {}, (2, 2)))


@pytest.fixture
def data():
    """Two targets, one of weighted classes, the loss of the other a sum."""
    items = {
        "kind": fitted("category", "cross_entropy", {"class_weights": Custom(weights={"a": 5.0})}),
        "size": fitted("numeric", "mse", {"reduction": "sum"}),
    }
    loss = TotalLoss({name: target for name, (target, _) in items.items()}, {name: item for name, (_, item) in items.items()})
    x = torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(2))
    return loss, Tensors(ROWS, (x,), {name: encoded(item) for name, (_, item) in items.items()})


class Net(nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 6), *body, nn.ReLU())
        self.kind, self.size = nn.Linear(6, 3), nn.Linear(6, 1)

    def forward(self, x):
        hidden = self.body(x)
        return {"kind": self.kind(hidden), "size": self.size(hidden)}


def learn(step, data, batches, epochs=3):
    losses = []
    for epoch in range(epochs):
        order = torch.randperm(data.rows, generator=torch.Generator().manual_seed(epoch))
        for _ in step.run_epoch(epoch, order, batches, [0.01] * len(batches)):
            pass
        losses.append(step.epoch_loss())
    return losses


def made(kind, net, loss, data, batches):
    if kind == "eager":
        return EagerStep(net, loss, make_optimizer(Adam(epsilon=1e-3), net), data)
    return CompiledStep(net, loss, Adam(epsilon=1e-3), data, forms_of(batches))


@pytest.mark.parametrize("kind", ["eager", "compiled"])
@pytest.mark.parametrize("size", [3, 4, 5])  # last steps of 11 rows: 3, 3, 3, 2; 4, 4, 3; 5, 6 (a single row joins)
def test_it_equals_a_step_on_the_large_batch(kind, size, data):
    loss, rows = data
    torch.manual_seed(0)
    net = Net()
    other = copy.deepcopy(net)
    whole = list(batch_bounds(ROWS, 12))
    parts = [(0, *range(size, 12, size), 12), (12, *range(12 + size, 22, size), 23)]
    expected = learn(made("eager", net, loss, rows, whole), rows, whole)
    found = learn(made(kind, other, loss, rows, parts), rows, parts)
    assert found == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(other.state_dict(), net.state_dict(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("body", [(), (nn.BatchNorm1d(6),)], ids=["plain", "batch norm"])
def test_the_compiled_step_learns_what_the_eager_one_learns(body, data):
    """Batch norm too: both see the statistics of each batch, and move the running ones once for each."""
    loss, rows = data
    batches = list(batch_bounds(ROWS, 4, accumulate=3))
    torch.manual_seed(0)
    net = Net(*body)
    other = copy.deepcopy(net)
    eager = learn(made("eager", net, loss, rows, batches), rows, batches)
    compiled = learn(made("compiled", other, loss, rows, batches), rows, batches)
    assert compiled == pytest.approx(eager, rel=1e-5)
    torch.testing.assert_close(other.state_dict(), net.state_dict(), rtol=1e-4, atol=1e-5)
    if body:
        assert net.body[1].num_batches_tracked == 3 * (3 + 3)


def test_dropout_draws_for_each_batch(data):
    """A compiled step of two batches has two masks."""
    loss, rows = data
    step = CompiledStep(Net(nn.Dropout(0.5)), loss, Adam(), rows, {(4, 3): 2})
    [block] = step.blocks.values()
    assert [tuple(mask.memory.shape[1:]) for mask in block.masks] == [(4, 6), (3, 6)]
