"""What a CUDA graph needs of a block, tried on the CPU; the graph itself with -m gpu."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import ClassVar

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.clippings import Norm
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.adamw import AdamW
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.callback import Decay
from mlpspec.training import loss_scale
from mlpspec.training.averages import Averages
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import block as block_module
from mlpspec.training.compiled import step as step_module
from mlpspec.training.compiled.block import Block
from mlpspec.training.compiled.cuda_graph import MOST, WARM, GraphRunner
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

ROWS = 43
LABELS = torch.arange(ROWS) % 3


def cross_entropy(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


@pytest.mark.parametrize(
    "optimizer", [Sgd(momentum=0.9), Adam(epsilon=1e-3), AdamW(epsilon=1e-3), RmsProp(), RmsProp(momentum=0.5)], ids=repr
)
def test_learning_rates_may_be_tensors(monkeypatch, both, assert_same, classifier, random_rows, optimizer):
    monkeypatch.setattr(step_module, "Block", lambda *args, rates_as_tensors, tell: Block(*args, rates_as_tensors=True))
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True))
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), optimizer, epochs=3, rate=0.01)
    assert_same(compiled, eager, absolute=1e-5, relative=1e-4)


class FakeGraph:
    def __init__(self):
        self.replayed = 0

    def replay(self):
        self.replayed += 1

    def pool(self):
        return id(self)


class FakeStream:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def wait_stream(self, other):
        self.log.append(f"{self.name} waits for {other.name}")


@pytest.fixture
def cuda(monkeypatch):
    """Streams and graphs that write down what they are told; `cuda.refuse` makes captures fail."""

    class Cuda:
        log: ClassVar[list[str]] = []
        refuse = None

    Cuda.log = []
    where = ["main"]

    @contextmanager
    def stream(stream):
        where.append(stream.name)
        yield
        where.pop()

    @contextmanager
    def capture(graph, pool, stream, capture_error_mode):
        assert capture_error_mode == "thread_local"
        Cuda.log.append(f"capture in {stream.name}" + (" and a pool that is there" if pool else ""))
        if Cuda.refuse:
            raise RuntimeError(Cuda.refuse)
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: FakeStream("side", Cuda.log))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: FakeStream("main", Cuda.log))
    Cuda.where = where
    return Cuda


def call(runner, n, first=False):
    runner(n, [0.1] * n, [first, *[False] * (n - 1)])


def test_a_length_is_captured_once_the_libraries_are_warm(cuda):
    ran = []
    runner = GraphRunner(lambda n, rates, firsts: ran.append((n, cuda.where[-1])))
    for _ in range(WARM):
        call(runner, 4)
    call(runner, 2)
    assert ran == [(4, "side")] * WARM + [(2, "side")]
    assert cuda.log == ["side waits for main", "main waits for side"] * (WARM + 1)
    for _ in range(3):
        call(runner, 4)
    assert ran[WARM + 1 :] == [(4, "main")]  # the capture, which calculates nothing
    assert runner.graphs[4].replayed == 3
    for _ in range(WARM + 1):
        call(runner, 2)
    assert runner.graphs[2].replayed == 2
    assert [line for line in cuda.log if "capture" in line] == ["capture in side", "capture in side and a pool that is there"]


def test_the_very_first_step_never_comes_from_a_graph(cuda):
    """After a run has been taken back to its beginning."""
    ran = []
    runner = GraphRunner(lambda n, rates, firsts: ran.append(firsts))
    for _ in range(WARM + 1):
        call(runner, 2, first=len(ran) == 0)
    assert ran == [[True, False]] + [[False, False]] * WARM
    call(runner, 2, first=True)
    assert ran[-1] == [True, False]
    assert runner.graphs[2].replayed == 1


def test_there_are_not_more_graphs_than_some(cuda):
    runner = GraphRunner(lambda n, rates, firsts: None)
    for n in range(1, MOST + 3):
        for _ in range(WARM + 1):
            call(runner, n)
    assert list(runner.graphs) == list(range(1, MOST + 1))


def test_a_failed_capture_leaves_call_by_call_and_is_told_once(cuda):
    ran, told = [], []
    cuda.refuse = "operation not permitted when stream is capturing\nmore"
    runner = GraphRunner(lambda n, rates, firsts: ran.append(n), told.append)
    for _ in range(WARM + 2):
        call(runner, 4)
        call(runner, 2)
    assert ran == [4, 2] * (WARM + 2)
    assert told == ["operation not permitted when stream is capturing"]


class Recorded:
    """A graph in all but speed: it repeats the calls with the numbers that they were captured with."""

    def __init__(self, run, n, rates):
        self.run, self.n, self.rates, self.replayed = run, n, list(rates), 0

    def replay(self):
        self.replayed += 1
        self.run(self.n, self.rates, [False] * self.n)


class Simulated(GraphRunner):
    def _capture(self, n, rates):
        self.graphs[n] = Recorded(self.run, n, rates)

    def _beside(self, n, rates, firsts):
        self.run(n, rates, firsts)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize(
    "optimizer", [Sgd(momentum=0.9), Adam(epsilon=1e-3), AdamW(epsilon=1e-3), RmsProp(momentum=0.5, centered=True)], ids=repr
)
def test_nothing_that_changes_is_captured(optimizer, precision, monkeypatch, classifier, random_rows, learn):
    """Rates differ from step to step, batches from epoch to epoch, scales change: all of it lies in memory that a graph reads."""
    monkeypatch.setattr(step_module, "Block", lambda *args, rates_as_tensors, tell: Block(*args, rates_as_tensors=True))
    monkeypatch.setattr(block_module, "BLOCK_STEPS", 3)
    monkeypatch.setattr(loss_scale, "INITIAL", 2.0**24)
    data, trained = random_rows(ROWS, (5,), y=LABELS), []
    for engine in (emit_python, lambda program: Simulated(emit_python(program))):
        monkeypatch.setattr(block_module, "emit", lambda program, engine=engine: (engine(program), "Python"))
        net = classifier(Dense(units=6, activation=Relu(), batchnorm=True, dropout=0.3))
        step = step_module.CompiledStep(
            net,
            cross_entropy,
            optimizer,
            data,
            4,
            averages=Averages(Decay(0.9), net),
            clip=Clip.of(Norm(), net, []),
            precision=Precision(precision),
        )
        trained.append(learn(step, net, data, 4, 5, 0.05))
    calls, graphs = trained
    assert {n: graph.replayed for n, graph in graphs.step.blocks[(4,)]._run.graphs.items()} == {3: 5 * 3 - WARM, 1: 5 - WARM}
    for (name, weight), other in zip(calls.module.state_dict().items(), graphs.module.state_dict().values(), strict=True):
        assert torch.equal(weight, other), name
    assert calls.loss == graphs.loss
    for name, average in calls.step.averages.tensors.items():
        assert torch.equal(average, graphs.step.averages.tensors[name]), name
    assert calls.step.overflow == graphs.step.overflow


def test_a_step_tells_of_a_failed_capture_once(classifier, random_rows):
    notes = []
    step = step_module.CompiledStep(
        classifier(Dense(units=6)), cross_entropy, Adam(), random_rows(ROWS, (5,), y=LABELS), 8, note=notes.append
    )
    for block in step.blocks.values():
        block.tell("not permitted")
    assert notes == ["steps run call by call, as no CUDA graph can be captured: not permitted"]


@pytest.mark.gpu
def test_a_captured_step_learns_what_the_cpu_learns(classifier):
    generator = torch.Generator().manual_seed(0)
    inputs, labels = torch.randn(4000, 5, generator=generator), torch.arange(4000) % 3
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True))
    other = copy.deepcopy(net).to("cuda")
    here = Tensors(4000, (inputs,), {"y": labels})
    there = Tensors(4000, (inputs.to("cuda"),), {"y": labels.to("cuda")})
    cpu = step_module.CompiledStep(net, cross_entropy, Adam(epsilon=1e-3), here, 4)
    gpu = step_module.CompiledStep(other, cross_entropy, Adam(epsilon=1e-3), there, 4)
    bounds = [(start, start + 4) for start in range(0, 4000, 4)]
    for step, device in ((cpu, "cpu"), (gpu, "cuda")):
        for _ in step.run_epoch(0, torch.arange(4000, device=device), bounds, [0.001] * len(bounds)):
            pass
    assert gpu.problem is None
    assert gpu.blocks[(4,)]._run.graphs
    assert gpu.epoch_loss() == pytest.approx(cpu.epoch_loss(), rel=1e-3)
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.cpu(), atol=1e-3, rtol=1e-2)
