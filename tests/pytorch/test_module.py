import pytest
import torch
from torch import nn

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.initializers.constant import Constant
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.concat import Concat
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.share import SharedOperation
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module


def placed(name, layer, *sources):
    """A node over (batch, 4) inputs."""
    shapes = [Shape((4,))] * len(sources)
    return Node(name, layer, sources, ("model", 0), layer.output_shape(*shapes), layer.lower(*shapes))


def test_the_state_dict_has_the_spec_s_names():
    graph = Graph(
        "net", (GraphInput("x", Shape((4,))),), (placed("first", Dense(units=3, activation=Relu(), batchnorm=True), "x"),), {"y": "first"}
    )
    assert list(build_module(graph).state_dict()) == [
        "first.linear.weight",
        "first.batchnorm.weight",
        "first.batchnorm.bias",
        "first.batchnorm.running_mean",
        "first.batchnorm.running_var",
        "first.batchnorm.num_batches_tracked",
    ]


def test_dense_is_linear_norm_activation_dropout_in_that_order():
    graph = Graph(
        "net",
        (GraphInput("x", Shape((4,))),),
        (placed("d", Dense(units=3, activation=Relu(), batchnorm=True, dropout=0.5), "x"),),
        {"y": "d"},
    )
    parts = [type(part) for part in build_module(graph).d]
    assert parts == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout]


def test_a_graph_with_two_inputs_and_two_outputs_calculates_what_torch_does():
    nodes = (placed("both", Add(), "a", "b"), placed("fc", Linear(units=2), "both"), placed("side", Concat(), "a", "b"))
    module = build_module(Graph("net", (GraphInput("a", Shape((4,))), GraphInput("b", Shape((4,)))), nodes, {"y": "fc", "z": "side"}))
    a, b = torch.randn(5, 4), torch.randn(5, 4)
    found = module(a, b)
    assert torch.equal(found["y"], nn.functional.linear(a + b, module.fc.weight, module.fc.bias))
    assert torch.equal(found["z"], torch.cat([a, b], dim=-1))


def test_shared_weights_are_one_module():
    layer = Linear(units=3)
    nodes = (placed("one", layer, "a"), placed("two", SharedOperation("one", layer), "b"))
    module = build_module(Graph("net", (GraphInput("a", Shape((4,))), GraphInput("b", Shape((4,)))), nodes, {"y": "one", "z": "two"}))
    a = torch.randn(5, 4)
    found = module(a, a)
    assert torch.equal(found["y"], found["z"])
    assert list(module.state_dict()) == ["one.weight", "one.bias"]


def test_initializers_fill_the_weights():
    graph = Graph(
        "net", (GraphInput("x", Shape((4,))),), (placed("fc", Linear(units=3, initializer=Constant(value=0.25)), "x"),), {"y": "fc"}
    )
    assert torch.equal(build_module(graph).fc.weight, torch.full((3, 4), 0.25))


def test_the_same_seed_gives_the_same_weights():
    graph = Graph("net", (GraphInput("x", Shape((4,))),), (placed("fc", Linear(units=3), "x"),), {"y": "fc"})
    torch.manual_seed(1)
    first = build_module(graph).state_dict()
    torch.manual_seed(1)
    second = build_module(graph).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_graph_with_unknown_sizes_cannot_be_built():
    node = Node("fc", Linear(units=3), ("x",), ("model", 0), Shape((3,)), None)
    with pytest.raises(ValueError, match="`fc`"):
        build_module(Graph("net", (GraphInput("x", Shape(("x.columns",))),), (node,), {"y": "fc"}))
