"""Several processes learn with the compiled step what one learns with the eager one; the processes are threads here."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.augmentations import Noise
from mlpspec.catalog.clippings import Adaptive, Norm, Value
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.mixings import Mixup
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.callback import Decay
from mlpspec.training import loss_scale
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import batch_bounds, forms_of
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import block
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.compiled.make import make_step
from mlpspec.training.compiled.passes import matmul
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.group import ALONE, Group
from mlpspec.training.lanes import HostLane
from mlpspec.training.precision import Precision
from mlpspec.training.step import EagerStep, make_optimizer
from mlpspec.training.tensors import Tensors

ROWS = 43
CPU = torch.device("cpu")
WEIGHTS = torch.tensor([1.0, 5.0, 0.25])


class Loss:
    """Cross-entropy with or without weights of classes, or errors added up."""

    def __init__(self, kind: str = "plain"):
        self.kind, self.weights = kind, WEIGHTS if kind == "weighted" else None

    def __call__(self, outputs, truths, shares=None):
        if self.kind == "sum":
            loss = functional.cross_entropy(outputs["y"], truths["y"], reduction="sum") / 10
        else:
            loss = functional.cross_entropy(outputs["y"], truths["y"], self.weights)
        return loss if shares is None else shares["y"] * loss

    def shares(self, truths):
        if self.kind == "sum":
            return [{"y": 1.0}] * len(truths)
        sizes = [float(len(truth["y"])) if self.weights is None else self.weights[truth["y"]].sum() for truth in truths]
        return [{"y": size / sum(sizes)} for size in sizes]


@pytest.fixture(autouse=True)
def _python_runs_the_blocks(monkeypatch):
    """What keeps TorchScript from its optimizer is one switch for all threads."""
    monkeypatch.setattr(block, "emit", lambda program: (emit_python(program), "Python"))


def random_rows() -> Tensors:
    return Tensors(ROWS, (torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(5)),), {"y": torch.arange(ROWS) % 3})


class Trained:
    """A network after some epochs of a step."""

    def __init__(self, module: Any, case: dict[str, Any], group: Group, eager: bool):
        loss, data, batches = (
            Loss(case.get("loss", "plain")),
            random_rows(),
            list(batch_bounds(ROWS, 8, accumulate=case.get("accumulate", 1))),
        )
        self.module = copy.deepcopy(module)
        self.averages = Averages(case["averages"], self.module) if "averages" in case else None
        alteration = Alteration([case.get("augment", [])], case.get("mixing"), 1, CPU) if {"mixing", "augment"} & case.keys() else None
        more = {
            "alteration": alteration,
            "averages": self.averages,
            "clip": Clip.of(case["clip"], self.module, []) if "clip" in case else None,
            "precision": Precision(case.get("precision", "fp32")),
            "seed": 4,
        }
        loss = loss if alteration is None else alteration.loss(loss)
        optimizer = case.get("optimizer", Sgd(momentum=0.9))
        source = FetchedRows(data, HostLane()) if case.get("fetched") else data
        if eager:
            self.step = EagerStep(self.module, loss, make_optimizer(optimizer, self.module), source, **more)
        else:
            self.step = CompiledStep(self.module, loss, optimizer, source, forms_of(batches), group=group, **more)
        self.batches, self.losses, self.overflows = batches, [], []
        for epoch in range(case.get("epochs", 3)):
            self.learn(epoch)
            self.losses.append(self.step.epoch_loss())
            self.overflows.append(self.step.overflow)

    def learn(self, epoch: int, **more: Any) -> None:
        order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(epoch))
        for _ in self.step.run_epoch(epoch, order, self.batches, [0.02 / (1 + number) for number in range(len(self.batches))], **more):
            pass


@pytest.fixture
def net(classifier):
    return classifier(Dense(units=6, activation=Relu()), Linear(units=4))


CASES = {
    "plain": {},
    "weighted": {"loss": "weighted"},
    "added up": {"loss": "sum"},
    "accumulated": {"accumulate": 2},
    "accumulated and weighted": {"accumulate": 2, "loss": "weighted"},
    "adam": {"optimizer": Adam(epsilon=1e-3)},
    "rmsprop": {"optimizer": RmsProp(epsilon=1e-3)},
    "clipped": {"clip": Norm(limit=0.1)},
    "clipped by value": {"clip": Value(limit=0.01)},
    "clipped unit by unit": {"clip": Adaptive()},
    "averaged": {"averages": Decay(0.9)},
    "augmented": {"augment": [Noise(std=0.1)], "loss": "weighted"},
    "mixed": {"mixing": Mixup()},
    "mixed, weighted and accumulated": {"mixing": Mixup(), "loss": "weighted", "accumulate": 2},
    "fetched": {"fetched": True, "loss": "weighted"},
    "bfloat16": {"precision": "bf16"},
    "float16": {"precision": "fp16", "clip": Norm()},
}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("case", CASES)
def test_they_learn_what_one_learns(case, size, net, threads_as_group, monkeypatch):
    """The last batch has 3 rows: too few to be divided."""
    monkeypatch.setattr(loss_scale, "INITIAL", 2.0**40)  # the first steps overflow
    alone = Trained(net, CASES[case], ALONE, eager=True)
    close = {"rtol": 3e-2, "atol": 3e-3} if "precision" in CASES[case] else {"rtol": 2e-5, "atol": 2e-6}
    every = threads_as_group(size).run(lambda group: Trained(net, CASES[case], group, eager=False))
    for one in every:
        for name, weight in alone.module.state_dict().items():
            torch.testing.assert_close(one.module.state_dict()[name], weight, **close)
            assert torch.equal(one.module.state_dict()[name], every[0].module.state_dict()[name])
        assert one.losses == pytest.approx(alone.losses, rel=1e-2 if "precision" in CASES[case] else 1e-5)
        assert one.losses == every[0].losses
        assert one.overflows == alone.overflows
        assert case != "float16" or one.overflows[0].skipped > 1
        for name, average in (alone.averages.tensors if alone.averages else {}).items():
            torch.testing.assert_close(one.averages.tensors[name], average, **close)


def test_a_step_sends_one_message_and_a_block_another(net, threads_as_group, monkeypatch):
    monkeypatch.setattr(block, "BLOCK_STEPS", 2)
    threads = threads_as_group(2)
    threads.run(lambda group: Trained(net, {"epochs": 1}, group, eager=False))
    assert threads.messages == 6 + 4  # five steps of eight rows and one of three; blocks of 2, 2, 1 and 1


def test_running_statistics_are_the_leading_process_s_when_they_are_read(classifier, threads_as_group):
    net = classifier(Dense(units=6, batchnorm=True))

    def work(group):
        trained = Trained(net, {}, group, eager=False)
        before = {name: buffer.clone() for name, buffer in trained.module.named_buffers()}
        group.follow(trained.module.buffers())
        return before, dict(trained.module.named_buffers()), dict(trained.module.named_parameters())

    (mine, followed, weights), (theirs, others, same) = threads_as_group(2).run(work)
    [mean] = [name for name in mine if name.endswith("running_mean")]
    assert not torch.equal(mine[mean], theirs[mean])
    for name, buffer in followed.items():
        assert torch.equal(buffer, mine[name])
        assert torch.equal(buffer, others[name])
    for name, weight in weights.items():
        assert torch.equal(weight, same[name])


def test_a_resumed_run_gives_the_bits_of_one_that_never_stopped(classifier, threads_as_group, monkeypatch):
    """Every process takes up the state that the leading one saved, in the middle of an epoch."""
    monkeypatch.setattr(block, "BLOCK_STEPS", 2)
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True, dropout=0.4), Dense(units=4, dropout=0.2))
    saved: dict[str, Any] = {}

    def whole(group):
        trained = Trained(net, {"epochs": 1}, group, eager=False)
        trained.learn(1, last=4)
        if group.leads:
            saved["weights"] = copy.deepcopy(trained.module.state_dict())
            saved["state"] = {name: tensor.clone() for name, tensor in trained.step.state().items()}
        trained.learn(1, first=4)
        group.follow(trained.module.buffers())
        return trained.module.state_dict(), trained.step.epoch_loss()

    def resumed(group):
        trained = Trained(net, {"epochs": 0}, group, eager=False)
        trained.module.load_state_dict(saved["weights"])
        trained.step.load_state(saved["state"])
        trained.learn(1, first=4)
        group.follow(trained.module.buffers())
        return trained.module.state_dict(), trained.step.epoch_loss()

    (expected, loss), _ = threads_as_group(2).run(whole)
    for found, again in threads_as_group(2).run(resumed):
        assert again == loss
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_processes_draw_other_dropout(classifier, threads_as_group):
    net = classifier(Dense(units=40, dropout=0.5))

    def work(group):
        step = Trained(net, {}, group, eager=False).step
        return step.blocks[(8,)].masks[0].memory[0]

    first, second = threads_as_group(2).run(work)
    assert first.shape == second.shape == (4, 40)
    assert 0.3 < (first != second).float().mean() < 0.7


def test_all_do_as_the_leading_one_decided(net, threads_as_group, monkeypatch):
    """Trials that each process made for itself would be another for each."""
    monkeypatch.setattr(matmul, "SMALL", 0)
    data, batches, tries = random_rows(), list(batch_bounds(ROWS, 11)), []

    def trial(first, second):
        tries.append(len(tries))
        return len(tries) % 2 == 0

    monkeypatch.setattr(matmul, "first_is_faster", trial)

    def work(group, given=None):
        step, reason = make_step(copy.deepcopy(net), Loss(), Adam(), data, forms_of(batches), group=group, decisions=given)
        return step.decisions(), reason, len(tries)

    (mine, reason, count), (theirs, _, _) = threads_as_group(2).run(work)
    assert reason.startswith("compiled: ")
    assert reason.endswith("; 2 processes share every batch")
    assert count == len(tries) > 2  # the second process has a row more in each batch, and tries nothing
    assert {"threads", "steps in a block of 11 rows"} <= mine.keys() & theirs.keys()
    again = threads_as_group(2).run(lambda group: work(group, mine))
    assert [decisions for decisions, _, _ in again] == [mine, theirs]
    assert len(tries) == count


@pytest.mark.parametrize("who", [[0], [1], [0, 1]], ids=str)
def test_none_compiles_what_one_cannot(who, net, threads_as_group, monkeypatch):
    from mlpspec.training.compiled import make

    def refuse(*args, group, **more):
        if group.rank in who:
            raise RuntimeError("no memory\nmore")
        return CompiledStep(*args, group=group, **more)

    monkeypatch.setattr(make, "CompiledStep", refuse)
    monkeypatch.setattr(make, "ShardedStep", lambda *args, **more: "sharded")
    made = threads_as_group(2).run(lambda group: make_step(copy.deepcopy(net), Loss(), Adam(), random_rows(), 8, group=group))
    assert [step for step, _ in made] == ["sharded"] * 2
    reason = "no memory" if 0 in who else "another process cannot"
    assert made[0][1] == f"eager, because the step cannot be compiled: {reason}; 2 processes share every batch"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"wanted": "eager"}, "eager, as asked; 2 processes share every batch"),
        ({"anomaly": True}, "eager with a look at every gradient, as asked; 2 processes share every batch"),
    ],
)
def test_eager_when_asked(options, said, net, threads_as_group, monkeypatch):
    from mlpspec.training.compiled import make

    monkeypatch.setattr(make, "ShardedStep", lambda *args, **more: "sharded")
    made = threads_as_group(2).run(lambda group: make_step(net, Loss(), Adam(), random_rows(), 8, group=group, **options))
    assert made == [("sharded", said)] * 2


def test_synchronized_batch_norm_is_not_compiled(threads_as_group, monkeypatch):
    from mlpspec.training.compiled import make

    monkeypatch.setattr(make, "ShardedStep", lambda *args, **more: "sharded")
    net = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.SyncBatchNorm(3))
    made = threads_as_group(2).run(lambda group: make_step(net, Loss(), Adam(), random_rows(), 8, group=group))
    assert made[0][1].startswith("eager, because the step cannot be compiled: batch norm is synchronized between processes; ")
