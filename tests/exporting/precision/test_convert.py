"""Every family of layers at every precision: legal, runs at every batch size, near the float32 network, and leaves no trace."""

import logging
import math
import sys

import numpy as np
import onnx
import pytest

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.precision.convert import CONVERSIONS, convert, method

FAMILIES = ("dense", "activations", "convolution", "embedding", "recurrence", "attention", "two inputs")

NEAR = {"fp16": 2**-8, "bf16": 2**-6, "int8 static": 0.12, "int8 dynamic": 0.12}
"""Allowed difference as a share of the largest output: a few roundings of 11, 8 and about 7 bits."""


@pytest.mark.parametrize("how", CONVERSIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_at_every_precision(network, options, family, how):
    plain = network(family)
    before = plain.onnx.SerializeToString(deterministic=True)
    found = convert(plain.onnx, options(how), plain.rows)
    assert plain.onnx.SerializeToString(deterministic=True) == before, "the float32 network stays as it is"

    onnx.checker.check_model(found.network, full_check=True)
    for ours, theirs in ((found.network.graph.input, plain.onnx.graph.input), (found.network.graph.output, plain.onnx.graph.output)):
        assert [(v.name, v.type.tensor_type.elem_type) for v in ours] == [(v.name, v.type.tensor_type.elem_type) for v in theirs]
    domains = [entry.domain for entry in found.network.opset_import]
    assert len(set(domains)) == len(domains)

    for size in (1, 2, 7, 257):
        rows = {name: array[:size] for name, array in plain.rows.items()}
        expected, answer = plain.expect(rows), plain.run(found.network, rows)
        assert answer.dtype == np.float32
        np.testing.assert_allclose(answer, expected, rtol=0, atol=NEAR[how] * max(1.0, np.abs(expected).max()))
    assert not np.array_equal(answer, expected), "it was converted"


@pytest.mark.parametrize("how", CONVERSIONS)
def test_a_dense_network_is_converted_as_a_whole(network, options, how):
    plain = network("dense")
    found = convert(plain.onnx, options(how), plain.rows)
    assert found.weights == 6 * 16 + 16 * 8 + 8 * 3
    assert found.converted == found.weights
    kinds = {"fp16": onnx.TensorProto.FLOAT16, "bf16": onnx.TensorProto.BFLOAT16}
    stored = [t for t in found.network.graph.initializer if t.data_type == kinds.get(how, onnx.TensorProto.INT8)]
    assert sum(math.prod(t.dims) for t in stored if len(t.dims) > 1) == found.weights


def test_what_has_no_kernel_stays_float32(network, options):
    """A recurrence has no static form: its weights stay, the head's are converted; a dynamic convolution likewise."""
    plain = network("recurrence")
    assert convert(plain.onnx, options("int8 static"), plain.rows).converted == 8 * 3
    assert convert(plain.onnx, options("int8 dynamic"), plain.rows).converted == 4 * 8 * (4 + 8) + 8 * 3
    plain = network("convolution")
    assert convert(plain.onnx, options("int8 dynamic"), plain.rows).converted == 16 * 3


def test_nothing_to_convert_is_refused(options):
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"], name="relu")],
        "net",
        [value("x", onnx.TensorProto.FLOAT, ["batch", 2])],
        [value("y", onnx.TensorProto.FLOAT, ["batch", 2])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)
    for how in CONVERSIONS:
        with pytest.raises(CheckError, match=f"nothing in the network could be converted to {how}"):
            convert(model, options(how), {"x": np.zeros((4, 2), np.float32)})


def test_a_failing_library_is_a_check_that_failed(network, options, monkeypatch):
    def broken(model, rows):
        raise ValueError("no such operator\nand more")

    monkeypatch.setitem(CONVERSIONS, "fp16", broken)
    with pytest.raises(CheckError, match="cannot be converted to fp16: no such operator$") as error:
        convert(network("dense").onnx, options("fp16"), {})
    assert (error.value.exit_code, error.value.diagnostics[0].code) == (7, "precision")


@pytest.mark.parametrize("how", CONVERSIONS)
def test_no_trace_is_left(network, options, how, capfd):
    handlers, path = list(logging.root.handlers), list(sys.path)
    data = convert(network("dense").onnx, options(how), network("dense").rows).network.SerializeToString()
    assert (list(logging.root.handlers), sys.path, logging.root.manager.disable) == (handlers, path, 0)
    assert capfd.readouterr() == ("", "")
    for word in (b"/tmp", b"/home", b"ort.quant", b".onnx", b".data"):
        assert word not in data


def test_the_method_is_named_after_the_options(options):
    for how in ("fp32", *CONVERSIONS):
        assert method(options(how)) == how
