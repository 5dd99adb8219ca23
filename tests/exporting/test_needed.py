"""What leads to no output is left out."""

from onnx import helper

from mlpspec.exporting.needed import needed_nodes


def node(name: str, reads: str, gives: str):
    return helper.make_node("Relu", reads.split(), gives.split(), name=name)


def test_nodes_that_lead_nowhere_are_left_out_with_all_that_lead_to_them():
    nodes = [node("a", "x", "a"), node("b", "x", "b"), node("c", "a", "c"), node("d", "b", "d"), node("e", "d", "e"), node("f", "c", "y")]
    assert [kept.name for kept in needed_nodes(nodes, ["y"])] == ["a", "c", "f"]
    assert [kept.name for kept in needed_nodes(nodes, ["y", "d"])] == ["a", "b", "c", "d", "f"]


def test_one_of_several_outputs_is_enough():
    nodes = [node("top", "x", "values places"), node("sum", "places", "y")]
    assert needed_nodes(nodes, {"y"}) == nodes
    assert needed_nodes(nodes, {"values"}) == nodes[:1]
