import numpy as np
import onnx
from onnx import ModelProto, numpy_helper

from mlpspec.exporting.precision.no_trace import no_trace
from mlpspec.exporting.precision.static_int8 import CALIBRATION_BATCH, to_static_int8


def converted(plain, rows=None):
    copy = ModelProto()
    copy.CopyFrom(plain.onnx)
    with no_trace():
        return to_static_int8(copy, plain.rows if rows is None else rows)


def constants(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def test_weights_have_seven_bits_and_a_scale_a_channel(network):
    """w is about scale * q with |q| <= 64, so that two products of 255 * 64 fit into 16 bits: 2 * 255 * 64 = 32640 < 2^15."""
    plain = network("dense")
    before, after = constants(plain.onnx), constants(converted(plain))
    names = [name for name, values in before.items() if values.ndim == 2]
    assert len(names) == 3
    for name in names:
        whole, scale = after[f"{name}_quantized"], after[f"{name}_scale"]
        assert whole.dtype == np.int8
        assert np.abs(whole.astype(int)).max() == 64
        assert scale.shape == (len(before[name]),)
        restored = whole.astype(np.float64) * scale[:, None]
        assert (np.abs(restored - before[name]) <= scale[:, None] / 2 * (1 + 1e-4)).all()


def test_activations_are_uint8_over_the_range_of_the_rows(network):
    """The scale of an input is its range, with 0 in it, over 255 steps; all rows count, not the first batch alone."""
    plain = network("dense")
    [values] = plain.rows.values()
    last = values.copy()
    last[-1, 0] = 50.0
    assert len(last) > CALIBRATION_BATCH
    for rows in (values, last):
        found = constants(converted(plain, {"network/x0": rows}))
        np.testing.assert_allclose(found["network/x0_scale"], (rows.max() - rows.min()) / 255, rtol=1e-5)
        assert found["network/x0_zero_point"].dtype == np.uint8


def test_what_a_head_says_is_not_rounded(network):
    found = converted(network("dense"))
    [last] = [node for node in found.graph.node if "y/output" in node.output]
    assert last.op_type == "Gemm"


def test_the_arithmetic_of_the_file_is_whole_numbers(network):
    """ONNX Runtime fuses the pairs: its optimized graph has int8 kernels and no float32 product left."""
    import tempfile
    from pathlib import Path

    import onnxruntime as ort

    found = converted(network("dense"))
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(Path(folder) / "optimized.onnx")
        ort.InferenceSession(found.SerializeToString(), options, providers=["CPUExecutionProvider"])
        optimized = onnx.load(options.optimized_model_filepath)
    operators = [node.op_type for node in optimized.graph.node]
    assert operators.count("QGemm") == 3
    assert "Gemm" not in operators
