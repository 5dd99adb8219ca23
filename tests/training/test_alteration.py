"""Rows changed between the data and the step."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.augmentations import Mask, Noise
from mlpspec.catalog.losses.cross_entropy import CrossEntropy
from mlpspec.catalog.losses.mse import Mse
from mlpspec.catalog.mixings import Mixup
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.targets import CategoryTarget, NumericTarget
from mlpspec.compiler import loads
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.training.accumulation import pieces
from mlpspec.training.alteration import SHARE, Alteration, MixedLoss, partner
from mlpspec.training.batches import batch_bounds, forms_of
from mlpspec.training.compiled import block
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.losses import TotalLoss
from mlpspec.training.step import EagerStep, make_optimizer
from mlpspec.training.tensors import Tensors

CPU = torch.device("cpu")
ROWS = 26
SPEC = """\
mlpspec: 1
inputs: {a: {numeric: {augment: [{noise: 0.2}, {mask: 0.1}]}}, b: {category: {encode: embedding, augment: [mask]}}, c: numeric}
targets: {y: binary}
model: [{head: y}]
"""


def total(**weights):
    """A class target, with weights if any, and a sum of squares."""
    frame = open_frame({"kind": ["a", "b", "c"] * 3, "size": [1.0, 2.0, 5.0] * 3}, missing_tokens=("",))
    targets = {"kind": CategoryTarget(loss=CrossEntropy()), "size": NumericTarget(loss=Mse(reduction="sum"))}
    fitted = {name: target.fit(name, ColumnReader(frame)) for name, target in targets.items()}
    if weights:
        from dataclasses import replace

        fitted["kind"] = replace(fitted["kind"], weights=tuple(weights.values()))
    return TotalLoss(targets, fitted)


def data():
    generator = torch.Generator().manual_seed(1)
    inputs = (torch.randn(ROWS, 5, generator=generator), torch.randn(ROWS, 2, generator=generator))
    targets = {"kind": torch.randint(0, 3, (ROWS,), generator=generator), "size": torch.randn(ROWS, 1, generator=generator)}
    return Tensors(ROWS, inputs, targets)


def test_a_spec_that_changes_nothing_has_none():
    assert Alteration.of(loads("mlpspec: 1\ninputs: {a: numeric}\ntargets: {y: binary}\nmodel: [{head: y}]").spec, CPU) is None


def test_each_input_is_changed_by_its_own_list():
    alteration = Alteration.of(loads(SPEC).spec, CPU)
    inputs = (torch.ones(400, 2), torch.ones(400, 3, dtype=torch.int64), torch.ones(400, 1))
    alteration.apply(inputs, {}, 5)
    hidden = inputs[0] == 0
    assert 0.05 < hidden.float().mean() < 0.15, "masked after the noise, so that it is exactly 0"
    assert inputs[0][~hidden].std().item() == pytest.approx(0.2, rel=0.2)
    assert set(inputs[1].unique().tolist()) == {0, 1}
    assert (inputs[2] == 1).all()


def test_seeds_follow_from_the_spec_s_and_the_epoch():
    one, other = Alteration([], None, 1, CPU), Alteration([], None, 2, CPU)
    assert one.seeds(3, 20) == one.seeds(3, 20)
    assert one.seeds(3, 5) == one.seeds(3, 20)[:5]
    assert len({*one.seeds(3, 20), *one.seeds(4, 20), *other.seeds(3, 20)}) == 60


def mixture(share):
    truths = data().targets
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(2))
    return truths, {**truths, **{partner(name): target[order] for name, target in truths.items()}, SHARE: torch.full((ROWS,), share)}, order


def test_the_loss_of_a_mixture():
    """Zhang et al. 2018: linear in the one-hot truths, so that cross-entropy with the mixed truth is the reference."""
    truths, mixed, order = mixture(0.7)
    outputs = {"kind": torch.randn(ROWS, 3), "size": torch.zeros(ROWS, 1)}
    hot = functional.one_hot(truths["kind"], 3).float()
    expected = functional.cross_entropy(outputs["kind"], 0.7 * hot + 0.3 * hot[order])
    expected = expected + (0.7 * truths["size"] ** 2 + 0.3 * truths["size"][order] ** 2).sum()
    torch.testing.assert_close(MixedLoss(total())(outputs, mixed), expected)


@pytest.mark.parametrize("weights", [{}, {"a": 5.0, "b": 1.0, "c": 0.2}], ids=["plain", "weighted"])
def test_a_mixture_in_several_batches(weights):
    """The partner's truth weighs differently, and is divided among the batches by its own weights."""
    _, mixed, _ = mixture(0.7)
    loss = MixedLoss(total(**weights))
    x, net = torch.randn(ROWS, 4), nn.Linear(4, 4)

    def outputs(rows):
        out = net(rows)
        return {"kind": out[:, :3], "size": out[:, 3:]}

    expected = loss(outputs(x), mixed)
    found = sum(piece.loss(outputs(*piece.inputs)) for piece in pieces(loss, (x,), mixed, (10, 10, 6)))
    torch.testing.assert_close(found, expected)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.norm = nn.Linear(7, 6, bias=False), nn.BatchNorm1d(6)
        self.kind, self.size = nn.Linear(6, 3), nn.Linear(6, 1)

    def forward(self, x, z):
        hidden = torch.relu(self.norm(self.body(torch.cat([x, z], dim=1))))
        return {"kind": self.kind(hidden), "size": self.size(hidden)}


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(
    ("augmentations", "mixing"),
    [([[Noise(std=0.3), Mask(share=0.2)], []], None), ([[], []], Mixup(alpha=1.0)), ([[Noise()], [Mask()]], Mixup(probability=0.5))],
    ids=["augmented", "mixed", "both"],
)
def test_the_compiled_step_learns_what_the_eager_one_learns(augmentations, mixing, accumulate, monkeypatch):
    """With the same random numbers, and with blocks that end within an epoch."""
    monkeypatch.setattr(block, "BLOCK_STEPS", 3)
    alteration = Alteration(augmentations, mixing, 9, CPU)
    rows, loss = data(), alteration.loss(total(a=5.0, b=1.0, c=0.2))
    batches = list(batch_bounds(ROWS, 3, accumulate=accumulate))
    torch.manual_seed(0)
    net = Net()
    other = copy.deepcopy(net)
    steps = (
        EagerStep(net, loss, make_optimizer(Adam(epsilon=1e-3), net), rows, alteration=alteration),
        CompiledStep(other, loss, Adam(epsilon=1e-3), rows, forms_of(batches), alteration=alteration),
    )
    losses = []
    for step in steps:
        for epoch in range(3):
            order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(epoch))
            list(step.run_epoch(epoch, order, batches, [0.01] * len(batches)))
            losses.append(step.epoch_loss())
    assert losses[:3] == pytest.approx(losses[3:], rel=1e-5)
    torch.testing.assert_close(other.state_dict(), net.state_dict(), rtol=1e-4, atol=1e-5)


def test_the_data_stay_as_they_are():
    alteration = Alteration([[Noise()], [Noise()]], Mixup(), 9, CPU)
    rows = data()
    before = [tensor.clone() for tensor in (*rows.inputs, *rows.targets.values())]
    extended = alteration.extended(rows)
    inputs, targets = extended.pick(torch.arange(ROWS))
    alteration.apply(inputs, targets, 1)
    assert all(torch.equal(one, other) for one, other in zip((*rows.inputs, *rows.targets.values()), before, strict=True))
    assert torch.equal(extended.targets[SHARE], torch.ones(ROWS))
