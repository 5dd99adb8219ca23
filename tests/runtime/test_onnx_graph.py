from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpspec.runtime.card import Value
from mlpspec.runtime.onnx_graph import ELEMENT_TYPES, STRING, OnnxGraph
from mlpspec.runtime.session import NUMPY_TYPES


def run(data: bytes, names, arrays):
    return ort.InferenceSession(data, providers=["CPUExecutionProvider"]).run(names, arrays)


@pytest.fixture(scope="module")
def graph(mixed):
    return OnnxGraph(mixed)


def test_numbers_of_types_are_those_of_onnx():
    for name, number in ELEMENT_TYPES.items():
        said = {"float": "FLOAT"}.get(name[7:-1], name[7:-1].upper())
        assert TensorProto.DataType.Value(said) == number
    assert set(NUMPY_TYPES) <= set(ELEMENT_TYPES)


def test_what_a_graph_consists_of(graph, make):
    assert graph.inputs == {"size": TensorProto.FLOAT, "island": STRING}
    assert graph.outputs == {"species": STRING, "species_probability": TensorProto.FLOAT}
    assert [node.operator for node in graph.nodes[-3:]] == [("", "Softmax"), ("", "ArgMax"), ("", "Gather")]
    assert graph.nodes[-2].integers == {"axis": 1, "keepdims": 0}
    assert graph.nodes[-1].inputs == ("classes", "number")
    classes = graph.weights["classes"]
    assert (classes.type, classes.shape) == (STRING, (3,))
    assert [text.decode() for text in classes.texts] == list(make.SPECIES_TARGET["classes"])
    assert graph.weights["weights"].shape == (5, 3)
    assert graph.is_plain


def test_values_inside_become_outputs(graph, mixed, make):
    size, island = np.ones((1, 2), np.float32), np.array([["Dream"]], object)
    data = graph.with_outputs(["code", "number"])
    code, number, whole = run(data, ["code", "number", "species_probability"], {"size": size, "island": island})
    assert code.tolist() == [[2]]
    np.testing.assert_array_equal(whole, run(mixed, ["species_probability"], {"size": size, "island": island})[0])
    assert number.tolist() == [whole.argmax()]
    onnx.checker.check_model(onnx.load_from_string(mixed))


def test_a_part_is_a_model(graph):
    nodes = [node for node in graph.nodes if node.outputs[0] in {"hot", "one_hot"}]
    part = graph.part(nodes, [], [Value("code", "tensor(int64)", ("batch", 1))], ["one_hot"])
    model = onnx.load_from_string(part)
    assert [tensor.name for tensor in model.graph.initializer] == ["codes"]
    assert model.ir_version == 10
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 20, "ai.onnx.ml": 4}
    assert run(part, ["one_hot"], {"code": np.array([[2], [0], [1]])})[0].tolist() == [[0, 1], [0, 0], [1, 0]]


def test_constants_among_the_inputs_are_no_inputs(make):
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph(
        [node],
        "g",
        [make.raw("x", make.FLOAT), helper.make_tensor_value_info("w", make.FLOAT, [1])],
        [make.raw("y", make.FLOAT)],
        [numpy_helper.from_array(np.ones(1, np.float32), "w")],
    )
    assert list(OnnxGraph(make.model_bytes(graph, {})).inputs) == ["x"]


def test_what_a_part_would_need_besides_is_noticed(make):
    constant, scalar = helper.make_node("Constant", [], ["t"], value_float=1.0), helper.make_tensor_value_info("t", 1, [])
    inner = helper.make_graph([constant], "b", [], [scalar])
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("c", TensorProto.BOOL, [])], [make.raw("y", make.FLOAT)])
    assert not OnnxGraph(make.model_bytes(graph, {})).is_plain
