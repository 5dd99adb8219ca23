from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from mlpspec.runtime.onnx_header import MalformedMessage, read_header


def branch(name: str, tensor: TensorProto):
    return helper.make_graph(
        [helper.make_node("Constant", [], [name], value=tensor)], name, [], [helper.make_tensor_value_info(name, 1, [2])]
    )


def nested_model(tensor: TensorProto) -> bytes:
    """An If whose branches hold the tensor as a Constant."""
    node = helper.make_node("If", ["c"], ["y"], then_branch=branch("t", tensor), else_branch=branch("e", tensor))
    inputs, outputs = [helper.make_tensor_value_info("c", TensorProto.BOOL, [])], [helper.make_tensor_value_info("y", 1, [2])]
    model = helper.make_model(helper.make_graph([node], "g", inputs, outputs), opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    model.producer_name, model.producer_version = "maker", "1.2"
    return model.SerializeToString()


def outside(location: str) -> TensorProto:
    tensor = numpy_helper.from_array(np.zeros(2, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return tensor


def test_versions_and_operators_subgraphs_included():
    header = read_header(nested_model(numpy_helper.from_array(np.zeros(2, np.float32))))
    assert header.ir_version == 10
    assert header.opsets == {"": 20}
    assert (header.producer, header.producer_version) == ("maker", "1.2")
    assert header.operators == {("", "If"): 1, ("", "Constant"): 2}
    assert header.nodes == 3
    assert header.external == []


def test_external_data_is_found_in_subgraphs():
    assert [place for place in read_header(nested_model(outside("../w"))).external if place] == ["../w", "../w"]


def test_external_data_is_found_in_functions_and_sparse_tensors():
    sparse = helper.make_sparse_tensor(outside("s"), numpy_helper.from_array(np.array([0, 1]), "i"), [4])
    body = [helper.make_node("Constant", [], ["y"], value=outside("f"))]
    opsets = [helper.make_opsetid("", 20)]
    function = helper.make_function("own", "F", [], ["y"], body, opsets)
    graph = helper.make_graph([helper.make_node("F", [], ["y"], domain="own")], "g", [], [helper.make_tensor_value_info("y", 1, [2])])
    graph.sparse_initializer.append(sparse)
    header = read_header(helper.make_model(graph, functions=[function], opset_imports=opsets).SerializeToString())
    assert set(header.external) - {""} == {"s", "f"}
    assert header.functions == 1


def test_external_mark_without_a_place_counts():
    tensor = outside("x")
    tensor.ClearField("external_data")
    assert read_header(nested_model(tensor)).external == ["", ""]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08", "ends early, within a number"),
        (b"\x3a\x05abc", "announces 5 bytes, 3 are left"),
        (b"\x08" + b"\xff" * 11, "too long"),
        (b"\x0b", "unknown form"),
        (b"\x00\x01", "starts no field"),
    ],
)
def test_malformed(data, reason):
    with pytest.raises(MalformedMessage, match=reason):
        read_header(data)


def test_a_flood_of_fields_is_refused(monkeypatch):
    monkeypatch.setattr("mlpspec.runtime.onnx_header.MAX_FIELDS", 10)
    with pytest.raises(MalformedMessage, match="more than 10 fields"):
        read_header(b"\x08\x01" * 11)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    with suppress(MalformedMessage):  # nothing else may be raised
        read_header(data)


def test_metadata_are_texts_by_key(make):
    header = read_header(make.model_bytes(make.mixed_graph(), {"a": "b", "long": "x" * 5000}))
    assert header.metadata == {"a": "b", "long": ""}
