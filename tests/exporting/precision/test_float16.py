import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper

from mlpspec.exporting.precision.float16 import to_float16
from mlpspec.exporting.precision.no_trace import no_trace


def converted(plain):
    copy = ModelProto()
    copy.CopyFrom(plain.onnx)
    with no_trace():
        return to_float16(copy)


def test_weights_are_rounded_to_float16(network):
    """The reference is NumPy's rounding."""
    plain = network("dense")
    before = {tensor.name: numpy_helper.to_array(tensor) for tensor in plain.onnx.graph.initializer}
    for tensor in converted(plain).graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            np.testing.assert_array_equal(numpy_helper.to_array(tensor), before[tensor.name].astype(np.float16))
    assert not [tensor.name for tensor in converted(plain).graph.initializer if tensor.data_type == TensorProto.FLOAT]


def test_the_edges_stay_float32_with_a_cast_each(network):
    found = converted(network("two inputs"))
    casts = [node for node in found.graph.node if node.op_type == "Cast"]
    assert sorted(name for node in casts for name in (*node.input, *node.output) if "/" in name and not name.startswith("inner")) == [
        "network/x0",
        "network/x1",
        "y/output",
    ]
    assert {value.type.tensor_type.elem_type for value in (*found.graph.input, *found.graph.output)} == {TensorProto.FLOAT}


def test_an_operator_without_float16_is_calculated_in_float32(network):
    """ONNX defines Celu for float32 only."""
    found = converted(network("activations"))
    [celu] = [node for node in found.graph.node if node.op_type == "Celu"]
    [source] = [node for node in found.graph.node if celu.input[0] in node.output]
    assert source.op_type == "Cast"
    assert [attribute.i for attribute in source.attribute] == [TensorProto.FLOAT]
