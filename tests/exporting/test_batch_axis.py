import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpspec.exporting.batch_axis import dims, name_batch_axis


def reshaping(*shapes, input=("batch", 2, 6), shared=False):
    """A chain of reshapes."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, input)
    names = ["shape"] * len(shapes) if shared else [f"shape{number}" for number in range(len(shapes))]
    constants = {name: numpy_helper.from_array(np.array(shape), name) for name, shape in zip(names, shapes, strict=True)}
    outputs = [*(f"v{number}" for number in range(1, len(shapes))), "y"]
    nodes = [
        helper.make_node("Reshape", [source, name], [output], name=output, allowzero=1)
        for source, name, output in zip(["x", *outputs], names, outputs, strict=False)
    ]
    graph = helper.make_graph(nodes, "g", [value], [onnx.ValueInfoProto(name="y")], list(constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def form(model):
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    return dims(inferred.graph.output[0])


def written(model):
    return [numpy_helper.to_array(tensor).tolist() for tensor in model.graph.initializer]


@pytest.mark.parametrize(
    ("shapes", "result"),
    [
        ([[-1, 12]], [[0, 12]]),
        ([[-1, 3, 4], [-1, 4, 3], [-1, 12]], [[0, 3, 4], [0, 4, 3], [0, 12]]),
        ([[-1, 6]], [[-1, 6]]),  # twice as many rows
        ([[-1, 24]], [[-1, 24]]),
        ([[-1]], [[-1]]),
        ([[3, -1]], [[3, -1]]),
    ],
)
def test_a_reshape_of_rows_says_so(shapes, result):
    model = reshaping(*shapes)
    name_batch_axis(model)
    assert written(model) == result
    assert (form(model)[0] == "batch") == (result[-1][0] == 0)


def test_a_shape_that_another_reshape_reads_is_left_to_it():
    """(batch, 2, 6) to (batch, 12), and to (batch, 12) again: the second reads a shape of the first."""
    model = reshaping([-1, 12], [-1, 12], shared=True)
    del model.graph.initializer[1:]
    name_batch_axis(model)
    assert form(model) == ["batch", 12]


def test_rows_of_unknown_size_are_left_alone():
    model = reshaping([-1, 12], input=("batch", "length", 6))
    name_batch_axis(model)
    assert written(model) == [[-1, 12]]
