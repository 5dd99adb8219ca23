import numpy as np
import pytest
from onnx import ModelProto, numpy_helper

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.legal import legal_session
from mlpspec.exporting.precision.agreement import agreement

TEXT = """\
mlpspec: 1
inputs: {numbers: {numeric: {columns: [a, b], scale: standardize}}}
targets: {kind: category, price: {numeric: {scale: none}}}
model: [{dense: {units: 6, activation: relu, name: body}}, {head: kind}, {head: {target: price, from: body}}]
"""


@pytest.fixture(scope="module")
def exported(export_untrained, frame):
    return export_untrained(TEXT, frame)


def changed(model, name, change):
    other = ModelProto()
    other.CopyFrom(model)
    [tensor] = [tensor for tensor in other.graph.initializer if tensor.name == name]
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)).astype(np.float32), name))
    return other


def compare(exported, other):
    return agreement(legal_session(exported.model), legal_session(other), exported.rows, method="fp16")


def test_a_model_agrees_with_itself(exported):
    found = compare(exported, exported.model)
    assert found.to_json() == {"rows": 30, "flips": {"kind": 0}, "max_absolute": {"kind_probability": 0.0, "price": 0.0}}


def test_differences_are_counted(exported):
    """A shift of the price's bias is the difference; labels and probabilities are compared with what NumPy finds."""
    other = changed(exported.model, "head_price.bias", lambda bias: bias + 0.25)
    other = changed(other, "head_kind.bias", lambda bias: bias + np.array([3.0, 0.0, -3.0]))
    found = compare(exported, other)
    assert found.max_absolute["price"] == pytest.approx(0.25, rel=1e-3)
    before, after = (
        dict(zip(["kind", "kind_probability"], legal_session(m).run(["kind", "kind_probability"], exported.rows), strict=True))
        for m in (exported.model, other)
    )
    flips = int((np.asarray(before["kind"]) != np.asarray(after["kind"])).sum())
    assert 0 < flips == found.flips["kind"]
    largest = np.abs(np.asarray(before["kind_probability"]) - np.asarray(after["kind_probability"])).max()
    assert found.max_absolute["kind_probability"] == pytest.approx(largest, rel=1e-4)


def test_numbers_that_were_lost_are_refused(exported):
    other = changed(exported.model, "head_price.bias", lambda bias: bias + np.inf)
    with pytest.raises(CheckError) as error:
        compare(exported, other)
    [problem] = error.value.diagnostics
    assert (error.value.exit_code, problem.code) == (7, "precision")
    assert problem.message == "`price` has 30 values at fp16 that are not finite, where fp32 has numbers"
