import pytest

from mlpspec.catalog.layers.linear import Linear
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape


def test_nodes_and_shapes_are_found_by_name():
    layer = Linear(units=3)
    node = Node("fc", layer, ("x",), ("model", 0), Shape((3,)), layer.lower(Shape((4,))))
    graph = Graph("net", (GraphInput("x", Shape((4,))),), (node,), {"y": "fc"})
    assert graph.node("fc") is node
    assert graph.shape_of("x") == Shape((4,))
    assert graph.shape_of("fc") == Shape((3,))
    assert graph.parameters == 15
    with pytest.raises(KeyError):
        graph.node("x")
    with pytest.raises(KeyError):
        graph.shape_of("nothing")
