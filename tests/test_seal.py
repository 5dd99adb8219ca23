"""The checksum at the end of a model file."""

import zlib

import onnx
import pytest
from onnx import TensorProto, helper

from mlpspec.seal import ANNOUNCEMENT, CHECKSUM, KIND, broken_seal, seal


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"]) for name in "xy"]
    made = helper.make_model(helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", values[:1], values[1:]))
    helper.set_model_props(made, {ANNOUNCEMENT: KIND})
    return made


def test_the_checksum_is_metadata_to_others(model):
    content = model.SerializeToString(deterministic=True)
    read = onnx.load_model_from_string(seal(content))
    onnx.checker.check_model(read)
    assert [(entry.key, entry.value) for entry in read.metadata_props] == [(ANNOUNCEMENT, KIND), (CHECKSUM, f"{zlib.crc32(content):08x}")]
    assert read.SerializeToString(deterministic=True) == seal(content), "saving it again must not break the seal"


def test_a_whole_seal_and_none(model):
    content = model.SerializeToString(deterministic=True)
    assert broken_seal(seal(content), KIND) == ""
    assert broken_seal(content, None) == ""
    assert broken_seal(b"", None) == ""


def test_what_is_wrong(model):
    whole = seal(model.SerializeToString(deterministic=True))
    assert broken_seal(whole[:10] + b"!" + whole[11:], KIND) == "its checksum is that of other bytes"
    assert broken_seal(whole[:-1] + b"x", KIND) == "its checksum is that of other bytes"
    assert broken_seal(whole[:-1], KIND) == "the checksum at its end is missing"
    assert broken_seal(whole, None) == "it ends in a checksum that it does not announce"
    assert broken_seal(whole, "sha512") == "its seal is of the unknown kind 'sha512'"
