from __future__ import annotations

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.runtime.protobuf import MalformedMessage, fields, integer, message, packed_integers


@given(st.integers(1, 1000), st.integers(0, 2**63 - 1))
def test_integers_come_back(number, value):
    data = integer(number, value)
    assert list(fields(data, 0, len(data))) == [(number, value)]


@given(st.integers(1, 1000), st.binary(max_size=300))
def test_messages_come_back(number, content):
    data = message(number, content)
    [(found, span)] = fields(data, 0, len(data))
    assert (found, data[slice(*span)]) == (number, content)


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_packed_integers_are_those_of_the_protobuf_package(values):
    tensor = onnx.TensorProto(dims=values)
    data = tensor.SerializeToString()
    found = [packed_integers(data, *span) if isinstance(span, tuple) else [span] for _, span in fields(data, 0, len(data))]
    assert [value for part in found for value in part] == values


def test_the_protobuf_package_reads_what_is_written():
    data = integer(1, 10) + message(2, b"mlpspec") + message(7, message(2, b"graph"))
    model = onnx.ModelProto.FromString(data)
    assert (model.ir_version, model.producer_name, model.graph.name) == (10, "mlpspec", "graph")


def test_an_end_too_early_is_noticed():
    data = message(1, b"abc")
    with pytest.raises(MalformedMessage, match="announces 3 bytes, 2 are left"):
        list(fields(data, 0, len(data) - 1))
    with pytest.raises(MalformedMessage, match="within a number"):
        packed_integers(b"\xff", 0, 1)
