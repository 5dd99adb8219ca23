"""mlpspec's own steps: `mlpspec_step.py WORKLOAD compiled|eager`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from peers.worker import work
from peers.workloads import EMBEDDING, RATE, WORKLOADS, Workload, rows

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.encoders.embedding import Embed
from mlpspec.catalog.layers.activation import ActivationLayer
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.dropout import Dropout
from mlpspec.catalog.layers.layernorm import LayerNorm
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module
from mlpspec.pytorch.targets import resolve
from mlpspec.training.batches import batch_bounds, epoch_order
from mlpspec.training.compiled.make import make_step
from mlpspec.training.tensors import Tensors


def graph(workload: Workload) -> Graph:
    """The workload's network of catalog layers."""
    shapes, nodes, last = {"x": Shape((workload.inputs,))}, [], "x"

    def put(name: str, layer: Any, *sources: str) -> str:
        given = [shapes[source] for source in sources]
        shapes[name] = layer.output_shape(*given)
        nodes.append(Node(name, layer, sources, ("model",), shapes[name], layer.lower(*given)))
        return name

    if workload.vocabulary:
        last = put("embedding", Embed(workload.vocabulary - 1, EMBEDDING), last)
    activation = ACTIVATIONS[workload.activation]()
    for number, width in enumerate(workload.widths):
        before = last
        if workload.layernorm:
            last = put(f"norm{number}", LayerNorm(), put(f"linear{number}", Linear(units=width), last))
            last = put(f"activation{number}", ActivationLayer(function=activation), last)
        else:
            last = put(f"dense{number}", Dense(units=width, batchnorm=workload.batchnorm, activation=activation), last)
        if workload.dropout:
            last = put(f"dropout{number}", Dropout(rate=workload.dropout), last)
        if workload.residual and shapes[before] == shapes[last]:
            last = put(f"sum{number}", Add(), last, before)
    put("head", Linear(units=workload.outputs), last)
    return Graph("net", (GraphInput("x", shapes["x"]),), tuple(nodes), {"y": "head"})


def make(name: str) -> tuple[Callable[[], float], int, str]:
    workload = WORKLOADS[name]
    features, answers = map(torch.from_numpy, rows(workload))
    torch.manual_seed(0)
    module = build_module(graph(workload))
    function = resolve(LOSSES["mse" if workload.regression else "cross_entropy"]().lower().target)
    data = Tensors(workload.rows, (features,), {"y": answers})
    step, remark = make_step(
        module,
        lambda outputs, targets: function(outputs["y"], targets["y"]),
        Adam(),
        data,
        workload.batch,
        wanted=sys.argv[2],  # type: ignore[arg-type]
    )
    bounds = list(batch_bounds(workload.rows, workload.batch))
    numbers = count()

    def epoch() -> float:
        number = next(numbers)
        order = torch.from_numpy(epoch_order(workload.rows, 0, number))
        for _ in step.run_epoch(number, order, bounds, [RATE] * len(bounds)):
            pass
        return step.epoch_loss()

    return epoch, workload.rows, remark


if __name__ == "__main__":
    work(make)
