import numpy as np
import pytest
import torch
from onnx import numpy_helper

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.exporting.blame import first_wrong_layer
from mlpspec.exporting.network import network_model
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module


def node(name, layer, source, width):
    shape = Shape((width,))
    return Node(name, layer, (source,), ("model", 0), layer.output_shape(shape), layer.lower(shape))


@pytest.fixture
def network():
    nodes = (
        node("first", Dense(units=5, activation=Relu(), batchnorm=True), "x", 4),
        node("second", Dense(units=5, activation=Relu()), "first", 5),
        node("last", Linear(units=2), "second", 5),
    )
    graph = Graph("net", (GraphInput("x", Shape((4,))),), nodes, {"y": "last"})
    module = build_module(graph).eval()
    rows = {"x": np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)}
    return network_model(module, graph, ["x"], ["y"], 20), module, rows, lambda: module(torch.from_numpy(rows["x"]))


def spoil(model, weight):
    tensor = next(t for t in model.graph.initializer if t.name == weight)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + 0.1, weight))


@pytest.mark.parametrize(("weight", "layer"), [("first.linear.weight", "first/batchnorm"), ("second.linear.weight", "second/linear")])
def test_the_layer_of_a_changed_weight_is_named(network, weight, layer):
    model, module, rows, forward = network
    spoil(model, weight)
    assert first_wrong_layer(model, module, rows, forward) == layer


def test_a_sound_model_has_none(network):
    assert first_wrong_layer(*network) == ""


def test_the_module_is_left_as_it_was(network):
    model, module, rows, forward = network
    first_wrong_layer(model, module, rows, forward)
    assert not any(layer._forward_hooks for layer in module.modules())
