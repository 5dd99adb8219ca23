"""Small networks of catalog layers with random rows, and a comparison of the compiled step with the eager one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.optimizers import Optimizer
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.ir.callback import Decay
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module
from mlpspec.training.averages import Averages
from mlpspec.training.batches import batch_bounds
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.losses import LossFunction
from mlpspec.training.step import EagerStep, make_optimizer
from mlpspec.training.tensors import Tensors


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _network(inputs: dict[str, tuple[int, ...]], layers: Sequence[tuple[str, Any, tuple[str, ...]]], outputs: dict[str, str]) -> nn.Module:
    """Layers as (name, layer, sources)."""
    shapes = {name: Shape(shape) for name, shape in inputs.items()}
    nodes = []
    for name, layer, sources in layers:
        given = [shapes[source] for source in sources]
        shapes[name] = layer.output_shape(*given)
        nodes.append(Node(name, layer, sources, ("model",), shapes[name], layer.lower(*given)))
    torch.manual_seed(3)
    graph = Graph("net", tuple(GraphInput(name, shapes[name]) for name in inputs), tuple(nodes), outputs)
    return build_module(graph)


def _random_rows(rows: int, *shapes: tuple[int, ...], **targets: torch.Tensor) -> Tensors:
    generator = torch.Generator().manual_seed(5)
    return Tensors(rows, tuple(torch.randn(rows, *shape, generator=generator) for shape in shapes), targets)


@dataclass
class Trained:
    module: nn.Module
    loss: float
    step: Any


def _learn(step: Any, module: nn.Module, data: Tensors, batch: int, epochs: int, rate: float) -> Trained:
    bounds = list(batch_bounds(data.rows, batch))
    loss = 0.0
    for epoch in range(epochs):
        order = torch.randperm(data.rows, generator=torch.Generator().manual_seed(epoch))
        for _ in step.run_epoch(epoch, order, bounds, [rate / (1 + number / 10) for number in range(len(bounds))]):
            pass
        loss = step.epoch_loss()
    return Trained(module, loss, step)


def _both(
    module: nn.Module,
    loss: LossFunction,
    data: Tensors,
    optimizer: Optimizer | None = None,
    *,
    batch: int = 8,
    epochs: int = 1,
    rate: float = 0.05,
    decay: Decay | None = None,
    **more: Any,
) -> tuple[Trained, Trained]:
    """The module trained by the compiled step, and a copy of it by the eager one, with the same batches."""
    optimizer = optimizer or Sgd()
    other = copy.deepcopy(module)
    averages = [None if decay is None else Averages(decay, each) for each in (module, other)]
    compiled_step = CompiledStep(module, loss, optimizer, data, batch, averages=averages[0], **more)
    compiled = _learn(compiled_step, module, data, batch, epochs, rate)
    eager_step = EagerStep(other, loss, make_optimizer(optimizer, other), data, averages=averages[1], **more)
    eager = _learn(eager_step, other, data, batch, epochs, rate)
    return compiled, eager


def _assert_same(compiled: Trained, eager: Trained, *, absolute: float = 2e-6, relative: float = 2e-5) -> None:
    """Weights, running statistics and loss agree to float noise."""
    expected = eager.module.state_dict()
    for name, tensor in compiled.module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], atol=absolute, rtol=relative, msg=lambda text, name=name: f"{name}: {text}")
    assert compiled.loss == pytest.approx(eager.loss, rel=1e-5, abs=1e-6)


def _classifier(*layers: Any) -> nn.Module:
    """Layers one after another from (batch, 5), and a head of three classes."""
    listed, source = [], "x"
    for number, layer in enumerate(layers):
        listed.append((f"layer{number}", layer, (source,)))
        source = f"layer{number}"
    return _network({"x": (5,)}, [*listed, ("head", Linear(units=3), (source,))], {"y": "head"})


@pytest.fixture
def network():
    return _network


@pytest.fixture
def random_rows():
    return _random_rows


@pytest.fixture
def learn():
    return _learn


@pytest.fixture
def both():
    return _both


@pytest.fixture
def assert_same():
    return _assert_same


@pytest.fixture
def classifier():
    return _classifier
