"""Ways to run the same steps on a GPU, bit for bit: graphs and single calls, rows there and rows fetched; and nobody waits."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.batch_sizes import Fixed
from mlpspec.catalog.clippings import Norm
from mlpspec.catalog.mixings import Mixup
from mlpspec.catalog.optimizers import OPTIMIZERS
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.data.encode import EncodedRows
from mlpspec.data.streaming.stored import RowsWriter
from mlpspec.ir.callback import Decay
from mlpspec.language.sections.training import Training
from mlpspec.training import stored_tensors
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.batches import batch_bounds, epoch_order, forms_of
from mlpspec.training.chunks import ChunkFeed, chunk_rows
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import cuda_graph
from mlpspec.training.compiled.make import make_step
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import lane_to
from mlpspec.training.placement import Room, place, place_chunks, room_on
from mlpspec.training.plan import Plan
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

pytestmark = pytest.mark.gpu

ROWS, BATCH, EPOCHS = 4003, 16, 4
PRECISIONS = ["fp32", "bf16", "fp16", "tf32"]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            nn.Linear(10, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 32), nn.LayerNorm(32), nn.GELU()
        )
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        return {"y": self.head(self.body(x))}


class Loss:
    def __call__(self, outputs, truths, shares=None):
        return functional.cross_entropy(outputs["y"], truths["y"]) * (1.0 if shares is None else shares["y"])

    def shares(self, truths):
        rows = [len(truth["y"]) for truth in truths]
        return [{"y": count / sum(rows)} for count in rows]


def data():
    x = torch.randn(ROWS, 10, generator=torch.Generator().manual_seed(1))
    return Tensors(ROWS, (x,), {"y": (x[:, 0] + x[:, 1] > 0).long() + (x[:, 2] > 1).long()})


class Learner:
    """A step with its network, in any of the ways."""

    def __init__(
        self, device, kind="compiled", *, optimizer=None, precision="fp32", fetched=False, accumulate=1, rows=None, everything=False
    ):
        self.device = torch.device(device)
        self.net = Net().to(self.device)
        rows = rows or data()
        self.batches = list(batch_bounds(ROWS, BATCH, accumulate=accumulate))
        self.precision = Precision("fp32" if precision == "tf32" else precision, self.device, tf32=precision == "tf32")
        alteration = Alteration([[]], Mixup(), 1, self.device) if everything else None
        self.step, self.reason = make_step(
            self.net,
            Loss() if alteration is None else alteration.loss(Loss()),
            optimizer or Adam(),
            FetchedRows(rows, lane_to(self.device)) if fetched else rows.to(self.device),
            forms_of(self.batches),
            wanted=kind,
            precision=self.precision,
            alteration=alteration,
            averages=Averages(Decay(0.99), self.net) if everything else None,
            clip=Clip.of(Norm(), self.net, []) if everything else None,
        )
        assert self.reason.startswith(kind), self.reason

    def epoch(self, number):
        order = torch.from_numpy(epoch_order(ROWS, 0, number))
        for _ in self.step.run_epoch(number, order, self.batches, [1e-3] * len(self.batches)):
            pass

    def learn(self, epochs=EPOCHS):
        losses = []
        for number in range(epochs):
            self.epoch(number)
            losses.append(self.step.epoch_loss())
        return losses

    def weights(self):
        return {name: tensor.cpu() for name, tensor in self.net.state_dict().items()}


def assert_same_bits(one, other):
    expected = other.weights()
    different = [name for name, tensor in one.weights().items() if not torch.equal(tensor, expected[name])]
    assert different == []


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", [entry.kind for entry in OPTIMIZERS])
def test_graphs_calculate_what_single_calls_calculate(kind, precision, torch_device, monkeypatch, found):
    optimizer = OPTIMIZERS[kind]()
    graphs = Learner(torch_device, optimizer=optimizer, precision=precision)
    losses = graphs.learn()
    monkeypatch.setattr(cuda_graph, "MOST", 0)
    calls = Learner(torch_device, optimizer=optimizer, precision=precision)
    assert calls.learn() == losses
    assert_same_bits(graphs, calls)
    if torch_device != "cpu":
        assert graphs.step.problem is None
        captured = {sum(form): sorted(block._run.graphs) for form, block in graphs.step.blocks.items()}
        found(f"{kind}, {precision}", f"the same bits; graphs of so many steps, by rows of a step: {captured}")
        assert len(captured[BATCH]) == 2  # whole blocks, and the rest of an epoch
        assert not any(block._run.graphs for block in calls.step.blocks.values())


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("kind", ["compiled", "eager"])
def test_fetched_rows_teach_the_same(kind, precision, torch_device):
    resident, fetched = (Learner(torch_device, kind, precision=precision, fetched=fetched, everything=True) for fetched in (False, True))
    assert resident.learn() == fetched.learn()
    assert_same_bits(resident, fetched)


def test_many_fetched_rows_arrive_whole(torch_device):
    """Larger deliveries than a copy in one go, each looked at after the GPU was kept busy."""
    rows = Tensors(100_000, (torch.arange(100_000 * 64.0).view(100_000, 64),), {"y": torch.arange(100_000)})
    order = torch.randperm(rows.rows, generator=torch.Generator().manual_seed(3))
    cuts = [(start, min(rows.rows, start + 9000)) for start in range(0, rows.rows, 9000)]
    busy = torch.randn(64, 64) if torch_device == "cpu" else torch.randn(4000, 4000, device=torch_device)
    there = rows.to(torch.device(torch_device))
    for delivery, (start, end) in zip(FetchedRows(rows, lane_to(torch.device(torch_device))).visit(order, cuts), cuts, strict=True):
        for _ in range(20):
            busy = (busy @ busy).clamp_(-1, 1)
        (x,), targets = delivery.take()
        index = order[start:end].to(torch_device)
        assert torch.equal(targets["y"], index)
        assert torch.equal(x, there.inputs[0][index])


@pytest.mark.parametrize("wanted", ["device", "host"])
def test_chunks_from_files_arrive_whole(wanted, torch_device, tmp_path, monkeypatch):
    """Each row once an epoch, its input beside its number, while the GPU is kept busy."""
    numbers, device = np.arange(100_000), torch.device(torch_device)
    with RowsWriter(tmp_path / "train") as writer:
        writer.write(EncodedRows({"x": np.repeat(numbers[:, None], 64, 1).astype(np.float32)}, {"y": numbers}), len(numbers))
    monkeypatch.setattr(stored_tensors, "PIECE_BYTES", 4 << 20)
    plan = Plan(Training(epochs=2, batch_size=Fixed(rows=1000)), 1, len(numbers))
    data = stored_tensors.StoredTensors(writer.stored(), device)
    feed = ChunkFeed(data, plan, *place_chunks(data, chunk_rows(data, plan), wanted, device, None)[:2])
    busy = torch.randn(64, 64) if torch_device == "cpu" else torch.randn(4000, 4000, device=device)
    for epoch in range(2):
        seen = []
        for stretch in feed.stretches(epoch):
            cuts = [(batch[0] - stretch.start, batch[-1] - stretch.start) for batch in plan.batches(epoch)[stretch.first : stretch.last]]
            for delivery in stretch.data.visit(stretch.order, cuts):
                busy = (busy @ busy).clamp_(-1, 1)
                (x,), targets = delivery.take()
                assert torch.equal(x, targets["y"].float()[:, None].expand(-1, 64))
                seen.append(targets["y"].to("cpu", copy=True))
        assert torch.equal(torch.cat(seen).sort().values, torch.from_numpy(numbers))
    feed.close()


@contextmanager
def nobody_waits(device):
    if device == "cpu":
        yield
        return
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("fetched", [False, True], ids=["rows there", "rows fetched"])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", ["compiled", "eager"])
def test_nobody_waits_for_the_gpu_within_an_epoch(kind, precision, fetched, torch_device):
    """torch raises an error at any call that would; preparations are over after some epochs."""
    learner = Learner(torch_device, kind, precision=precision, fetched=fetched, everything=True, accumulate=2)
    learner.learn()
    with nobody_waits(torch_device):
        learner.epoch(EPOCHS)
    assert learner.step.epoch_loss() > 0


def test_waiting_would_be_found(torch_device):
    if torch_device == "cpu":
        pytest.skip("this is about CUDA")
    with nobody_waits(torch_device), pytest.raises(RuntimeError, match="synchronizing"):
        torch.ones(1, device=torch_device).item()


@pytest.mark.parametrize("optimizer", [Adam(), RmsProp()], ids=["adam", "rmsprop"])
@pytest.mark.parametrize("kind", ["compiled", "eager"])
def test_steps_that_overflow_are_skipped(kind, optimizer, torch_device, monkeypatch, found):
    """A row with a number that float16 cannot hold: its batch is skipped. Batch norm stands still, as it would remember the row."""
    rows = data()
    rows.inputs[0][100] = 1e6
    monkeypatch.setattr(nn.BatchNorm1d, "train", lambda self, mode=True: nn.Module.train(self, False))
    learner = Learner(torch_device, kind, optimizer=optimizer, precision="fp16", rows=rows)
    losses = learner.learn()
    overflow = learner.step.overflow
    found(f"{kind}, {optimizer.kind}", f"{overflow.total} of {EPOCHS * len(learner.batches)} steps skipped, scale {overflow.scale:g}")
    assert overflow.total >= EPOCHS
    assert overflow.total < EPOCHS * 3
    assert all(torch.isfinite(tensor).all() for tensor in learner.weights().values())
    assert losses[-1] < losses[0]


def test_rows_go_where_there_is_room(torch_device, found):
    device = torch.device(torch_device)
    room = room_on(device, 2**20)
    if torch_device == "cpu":
        assert room is None
    else:
        found("room", f"{room.for_rows / 2**30:.1f} GiB for rows, {room.free / 2**30:.1f} free of {room.total / 2**30:.1f}")
        assert 0 < room.for_rows < room.free <= room.total
    there, _ = place({"train": data()}, "auto", device, room)
    assert there["train"].inputs[0].device == device
    elsewhere, told = place({"train": data()}, "auto", device, Room(2**30, 2**20, 2**20))
    assert isinstance(elsewhere["train"], FetchedRows)
    assert "in main memory" in told
