import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from mlpspec.exporting.copies import without_copies


def node(op_type, inputs, output):
    return helper.make_node(op_type, inputs.split(), [output])


CASES = {
    "in the middle": ([node("Identity", "x", "a"), node("Neg", "a", "b"), node("Neg", "b", "y")], ["Neg", "Neg"]),
    "at the end": ([node("Neg", "x", "a"), node("Identity", "a", "y")], ["Neg"]),
    "at the end, with another reader": (
        [node("Neg", "x", "a"), node("Identity", "a", "y"), node("Abs", "a", "b"), node("Neg", "b", "z")],
        ["Neg", "Abs", "Neg"],
    ),
    "several in a row": (
        [
            node("Identity", "x", "a"),
            node("Identity", "a", "b"),
            node("Neg", "b", "c"),
            node("Identity", "c", "d"),
            node("Identity", "d", "y"),
        ],
        ["Neg"],
    ),
    "from input to output": ([node("Identity", "x", "y")], ["Identity"]),
    "from input through a copy to output": ([node("Identity", "x", "a"), node("Identity", "a", "y")], ["Identity"]),
    "one value for two outputs": ([node("Neg", "x", "a"), node("Identity", "a", "y"), node("Identity", "a", "z")], ["Neg", "Identity"]),
    "a copy read before its source is renamed": (
        [node("Neg", "x", "a"), node("Identity", "a", "b"), node("Abs", "b", "z"), node("Identity", "b", "y")],
        ["Neg", "Abs"],
    ),
    "none": ([node("Neg", "x", "y")], ["Neg"]),
}


def run(nodes, outputs):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value("x", TensorProto.FLOAT, ["batch"])], [value(name, TensorProto.FLOAT, ["batch"]) for name in outputs]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(outputs, {"x": np.array([1, -2, 3], np.float32)})


@pytest.mark.parametrize("case", CASES)
def test_copies_go_and_the_meaning_stays(case):
    nodes, left = CASES[case]
    outputs = [name for name in ("y", "z") if any(name in item.output for item in nodes)]
    kept = without_copies([onnx.NodeProto.FromString(item.SerializeToString()) for item in nodes], {"x", *outputs})
    assert [item.op_type for item in kept] == left
    for found, expected in zip(run(kept, outputs), run(nodes, outputs), strict=True):
        np.testing.assert_array_equal(found, expected)
