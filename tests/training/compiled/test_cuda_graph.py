"""What a CUDA graph needs of a block, tried on the CPU; the graph itself with -m gpu."""

from __future__ import annotations

import copy
from contextlib import contextmanager

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.adamw import AdamW
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.training.compiled import step as step_module
from mlpspec.training.compiled.block import Block
from mlpspec.training.compiled.cuda_graph import WARM, GraphRunner
from mlpspec.training.tensors import Tensors

ROWS = 43
LABELS = torch.arange(ROWS) % 3


def cross_entropy(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


@pytest.mark.parametrize(
    "optimizer", [Sgd(momentum=0.9), Adam(epsilon=1e-3), AdamW(epsilon=1e-3), RmsProp(), RmsProp(momentum=0.5)], ids=repr
)
def test_learning_rates_may_be_tensors(monkeypatch, both, assert_same, classifier, random_rows, optimizer):
    monkeypatch.setattr(step_module, "Block", lambda *args, rates_as_tensors: Block(*args, rates_as_tensors=True))
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True))
    compiled, eager = both(net, cross_entropy, random_rows(ROWS, (5,), y=LABELS), optimizer, epochs=3, rate=0.01)
    assert_same(compiled, eager, absolute=1e-5, relative=1e-4)


class FakeGraph:
    replayed = 0

    def replay(self):
        FakeGraph.replayed += 1


def test_whole_blocks_are_captured_once_the_libraries_are_warm(monkeypatch):
    ran = []

    @contextmanager
    def capture(graph):
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    runner = GraphRunner(lambda n, rates, firsts: ran.append(n), 4)
    for _ in range(WARM):
        runner(4, [0.1] * 4, [False] * 4)
    runner(2, [0.1] * 2, [False] * 2)
    assert ran == [4] * WARM + [2]
    FakeGraph.replayed = 0
    for _ in range(3):
        runner(4, [0.1] * 4, [False] * 4)
    assert ran == [4] * WARM + [2, 4]  # the last is the capture, which calculates nothing
    assert FakeGraph.replayed == 3
    runner(1, [0.1], [False])
    assert ran[-1] == 1


def test_a_failed_capture_leaves_call_by_call(monkeypatch):
    ran = []

    @contextmanager
    def capture(graph):
        raise RuntimeError("operation not permitted when stream is capturing\nmore")
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    runner = GraphRunner(lambda n, rates, firsts: ran.append(n), 4)
    for _ in range(WARM + 2):
        runner(4, [0.1] * 4, [False] * 4)
    assert ran == [4] * (WARM + 2)
    assert runner.problem == "operation not permitted when stream is capturing"


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
    assert gpu.blocks[(4,)]._run.problem is None
    assert gpu.epoch_loss() == pytest.approx(cpu.epoch_loss(), rel=1e-3)
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.cpu(), atol=1e-3, rtol=1e-2)
