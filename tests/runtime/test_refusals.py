from __future__ import annotations

import pytest
from onnx import helper

from mlpspec.diagnostics import MachineError, ModelFileError
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.refusals import is_short_of_memory, plain_reason, refusal
from mlpspec.runtime.session import cpu_session


def relu(make, *, kind="Relu", domain="", **versions):
    node = helper.make_node(kind, ["x"], ["y"], domain=domain)
    graph = make.small_graph([make.raw("x", make.FLOAT)], [make.raw("y", make.FLOAT)], [node])
    return make.model_bytes(graph, {}, **versions)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ir_version": 99}, r"ONNX IR version 99, onnxruntime \S+ reads up to \d+"),
        ({"opset": 99}, r"operator set 99, onnxruntime \S+ reads up to \d+"),
        ({"kind": "Nonsense"}, "operator `Nonsense`, which onnxruntime"),
        ({"kind": "LabelEncoder", "domain": "my.own"}, "`LabelEncoder` of the domain `my.own`, which is no part of ONNX"),
        ({"kind": "Fft", "domain": "my.own", "domains": ["my.own"]}, "`Fft` of the domain `my.own`, which is no part of ONNX"),
        ({"kind": "MatMul"}, "ONNX Runtime refuses the model"),
    ],
)
def test_onnx_runtime_refuses_in_our_words(make, changes, reason):
    model = model_from_bytes(relu(make, **changes), name="x.onnx")
    with pytest.raises(ModelFileError, match=reason) as caught:
        cpu_session(model)
    assert caught.value.exit_code == 5
    assert caught.value.diagnostics[0].place == "x.onnx"
    assert caught.value.diagnostics[0].help
    assert "\n" not in str(caught.value)
    assert "onnxruntime_src" not in str(caught.value)


def test_lack_of_memory_is_the_machines_fault(mixed):
    model = model_from_bytes(mixed)
    for error in (MemoryError(), RuntimeError("std::bad_alloc"), RuntimeError("Failed to allocate memory for requested buffer of size 9")):
        assert isinstance(refusal(error, model), MachineError)


def test_plain_reason_drops_codes_and_places():
    text = (
        "[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/onnxruntime/core/graph/model.cc:256 "
        "onnxruntime::Model::Model(onnx::ModelProto&&, const std::string&) Something is wrong.\nstack"
    )
    assert plain_reason(RuntimeError(text)) == "Something is wrong"
    assert plain_reason(RuntimeError("CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; file=f")) == "CUDA reports: out of memory"
    assert plain_reason(RuntimeError()) == "RuntimeError"
    arena = (
        "[ONNXRuntimeError] : 1 : FAIL : Exception during initialization: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 "
        "void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Available memory of 0 is smaller than "
        "requested bytes of 256"
    )
    assert plain_reason(RuntimeError(arena)) == "Available memory of 0 is smaller than requested bytes of 256"
    assert is_short_of_memory(plain_reason(RuntimeError(arena)))
    assert not is_short_of_memory("Something is wrong")
