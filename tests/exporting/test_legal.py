import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.legal import legal_session


def model(nodes, output, initializers=()):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])
    graph = helper.make_graph(nodes, "g", [x], [output], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def declared(*shape, type=TensorProto.FLOAT):
    return helper.make_tensor_value_info("y", type, list(shape))


RELU = helper.make_node("Relu", ["x"], ["y"])


def test_a_legal_model_is_opened():
    session = legal_session(model([RELU], declared("batch", 2)))
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_a_name_may_stand_for_a_size_that_cannot_be_inferred():
    """As behind a reshape of (batch * samples, n)."""
    shape = numpy_helper.from_array(np.array([-1, 2]), "shape")
    legal_session(model([helper.make_node("Reshape", ["x", "shape"], ["y"])], declared("batch", 2), [shape]))


@pytest.mark.parametrize(
    ("nodes", "output", "words"),
    [
        ([RELU], declared("batch", 3), "not legal"),
        ([RELU], declared("rows", 2), "declares `y` as FLOAT(rows, 2), and gives FLOAT(batch, 2)"),
        ([RELU], declared("batch", None), "FLOAT(batch, ?)"),
        ([RELU], declared("batch", 2, type=TensorProto.DOUBLE), "not legal"),
        ([helper.make_node("Relu", ["z"], ["y"])], declared("batch", 2), "not legal"),
        ([helper.make_node("Nonsense", ["x"], ["y"])], declared("batch", 2), "not legal"),
        ([helper.make_node("Celu", ["x"], ["y"], beta=1.0)], declared("batch", 2), "not legal"),
        ([helper.make_node("Reshape", ["x", "shape"], ["y"])], declared(3, 2), "FLOAT(unk__0, 2)"),
        ([helper.make_node("Reshape", ["x", "shape"], ["y"])], declared("batch", 3), "not legal"),
        ([helper.make_node("Shape", ["x"], ["y"])], declared("batch", 2), "not legal"),
    ],
)
def test_what_is_not_as_declared_is_refused(nodes, output, words):
    shape = numpy_helper.from_array(np.array([-1, 2]), "shape")
    used = [shape] if "shape" in nodes[0].input else []
    with pytest.raises(CheckError) as error:
        legal_session(model(nodes, output, used))
    assert words in str(error.value)
    assert error.value.exit_code == 7


def test_a_sessions_own_refusal_is_one_too():
    """Legal for onnx, too new for ONNX Runtime."""
    made = model([RELU], declared("batch", 2))
    made.ir_version = onnx.IR_VERSION
    if onnx.IR_VERSION <= 13:
        pytest.skip("this onnx is no newer than its runtime")
    with pytest.raises(CheckError, match="not legal"):
        legal_session(made)
