import numpy as np
from onnx import TensorProto, numpy_helper

from mlpspec.exporting.writer import GraphWriter


def test_names_are_used_once():
    writer = GraphWriter()
    assert [writer.unused("a") for _ in range(3)] == ["a", "a_2", "a_3"]
    assert writer.constant(1.0, np.float32, "x") == "x.constant"
    assert writer.constant(1.0, np.float32, "x") == "x.constant_2"


def test_constants_are_what_they_were():
    writer = GraphWriter()
    writer.constant([[1.5, -2.0]], np.float32, "numbers")
    writer.constant(["red", "", "é\u2060"], object, "texts")
    writer.constant([2**62], np.int64, "whole")
    numbers, texts, whole = writer.initializers
    assert numpy_helper.to_array(numbers).tolist() == [[1.5, -2.0]]
    assert texts.data_type == TensorProto.STRING
    assert [text.decode() for text in texts.string_data] == ["red", "", "é\u2060"]
    assert numpy_helper.to_array(whole).tolist() == [2**62]


def test_a_node_gives_its_outputs_name():
    writer = GraphWriter()
    assert writer.node("TopK", ["x", "k"], "values", "places", axis=1) == "values"
    [node] = writer.nodes
    assert (node.op_type, list(node.input), list(node.output), node.name) == ("TopK", ["x", "k"], ["values", "places"], "values/TopK")
