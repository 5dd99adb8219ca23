from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.ir.costs import row_flops, training_bytes, weight_bytes
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape


def _node(layer, shape):
    return Node("layer", layer, ("x",), ("model", 0), layer.output_shape(shape), layer.lower(shape))


def test_a_linear_map_takes_two_operations_for_each_weight():
    assert row_flops(_node(Linear(units=3), Shape((4,)))) == 2 * 3 * 4
    assert row_flops(_node(Dense(units=3, batchnorm=True), Shape((4,)))) == 2 * 3 * 4


def test_further_axes_repeat_the_map():
    assert row_flops(_node(Linear(units=3), Shape((5, 4)))) == 5 * 2 * 3 * 4


def test_memory_counts_weights_gradients_two_moments_and_activations():
    graph = Graph("net", (GraphInput("x", Shape((4,))),), (_node(Linear(units=3), Shape((4,))),), {})
    assert weight_bytes(graph) == 4 * (3 * 4 + 3)
    assert training_bytes(graph, 10) == 4 * 4 * 15 + 2 * 4 * 10 * 3


def test_costs_are_unknown_while_sizes_are():
    node = Node("layer", Linear(units=3), ("x",), ("model", 0), Shape((3,)), None)
    graph = Graph("net", (GraphInput("x", Shape(("x.columns",))),), (node,), {})
    assert row_flops(node) is None
    assert weight_bytes(graph) is None
    assert training_bytes(graph, 1) is None
