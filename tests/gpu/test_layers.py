"""Every layer and activation of the catalog on the device, against torch on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers import LAYERS
from mlpspec.catalog.layers.activation import ActivationLayer
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.average import Average
from mlpspec.catalog.layers.batchnorm import BatchNorm
from mlpspec.catalog.layers.concat import Concat
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.dot import Dot
from mlpspec.catalog.layers.dropout import Dropout
from mlpspec.catalog.layers.flatten import Flatten
from mlpspec.catalog.layers.layernorm import LayerNorm
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.maximum import Maximum
from mlpspec.catalog.layers.minimum import Minimum
from mlpspec.catalog.layers.multiply import Multiply
from mlpspec.catalog.layers.reshape import Reshape
from mlpspec.catalog.layers.subtract import Subtract
from mlpspec.exporting.network import network_model
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module

pytestmark = pytest.mark.gpu

BATCHES = (1, 2, 7, 257)

TWO = ((5,), (5,))
CASES = {
    "linear": (Linear(units=33), (17,)),
    "linear over the last axis": (Linear(units=4), (3, 5)),
    "dense": (Dense(units=64, activation=Relu(), batchnorm=True, dropout=0.3), (32,)),
    "dense with maxout": (Dense(units=6, activation=Maxout(pieces=3)), (8,)),
    "activation": (ActivationLayer(function=Relu()), (5,)),
    "batchnorm": (BatchNorm(), (6,)),
    "layernorm": (LayerNorm(), (6,)),
    "dropout": (Dropout(rate=0.5), (6,)),
    "flatten": (Flatten(), (2, 3)),
    "reshape": (Reshape(shape=(3, 2)), (6,)),
    "concat": (Concat(), (2, 3), (2, 1)),
    "add": (Add(), *TWO),
    "multiply": (Multiply(), *TWO),
    "average": (Average(), *TWO, (5,)),
    "maximum": (Maximum(), *TWO, (5,)),
    "minimum": (Minimum(), *TWO),
    "subtract": (Subtract(), *TWO),
    "dot": (Dot(), *TWO),
}
IN_SPECS = {"share", "block", "head"}
"""Layers that only a spec makes: test_specs.py."""


def test_no_layer_is_forgotten():
    assert {name.split()[0] for name in CASES} | IN_SPECS == {layer.kind for layer in LAYERS}


def largest_difference(layer, shapes, session_on) -> float:
    names = tuple(f"x{number}" for number in range(len(shapes)))
    known = [Shape(shape) for shape in shapes]
    node = Node("layer", layer, names, ("model", 0), layer.output_shape(*known), layer.lower(*known))
    graph = Graph("check", tuple(map(GraphInput, names, known)), (node,), {"y": "layer"})
    torch.manual_seed(7)
    module = build_module(graph)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5 if "running_var" in name else torch.randn_like(value) / 2)
    session = session_on(network_model(module.eval(), graph, names, ["y"], 20).SerializeToString())
    worst = 0.0
    for batch in BATCHES:
        random = np.random.default_rng(batch)
        rows = [random.normal(0, 2, (batch, *shape)).astype(np.float32) for shape in shapes]
        found = session.run(["y"], dict(zip(names, rows, strict=True)))[0]
        with torch.inference_mode():
            expected = module(*map(torch.from_numpy, rows))["y"].numpy()
        assert found.shape == expected.shape
        apart = np.abs(found - expected) / (1e-5 + 1e-4 * np.abs(expected))
        worst = max(worst, float(apart.max()))
    return worst


@pytest.mark.parametrize("name", CASES)
def test_layers(name, session_on, found):
    layer, *shapes = CASES[name]
    worst = largest_difference(layer, shapes, session_on)
    found(name, f"{worst:.3f} of the tolerance")
    assert worst <= 1


@pytest.mark.parametrize("kind", [entry.kind for entry in ACTIVATIONS])
def test_activations(kind, session_on, found):
    worst = largest_difference(ActivationLayer(function=ACTIVATIONS[kind]()), [(12,)], session_on)
    found(kind, f"{worst:.3f} of the tolerance")
    assert worst <= 1
