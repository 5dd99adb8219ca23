import ml_dtypes
import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper

from mlpspec.exporting.precision.bfloat16 import to_bfloat16


def converted(plain):
    copy = ModelProto()
    copy.CopyFrom(plain.onnx)
    return to_bfloat16(copy)


def test_matrices_are_rounded_and_vectors_are_not(network):
    """The reference is the rounding of ml_dtypes, to the nearest and to even."""
    plain = network("dense")
    before = {tensor.name: numpy_helper.to_array(tensor) for tensor in plain.onnx.graph.initializer}
    rounded = {tensor.name: numpy_helper.to_array(tensor) for tensor in converted(plain).graph.initializer}
    for name, values in before.items():
        if values.ndim > 1:
            np.testing.assert_array_equal(rounded[f"{name}.bf16"], values.astype(ml_dtypes.bfloat16))
        else:
            np.testing.assert_array_equal(rounded[name], values)
    assert len(rounded) == len(before)


def test_the_arithmetic_stays_float32(network):
    """Every bfloat16 value is cast to float32 and read by nothing else."""
    for family in ("dense", "embedding", "convolution"):
        found = converted(network(family))
        stored = {tensor.name for tensor in found.graph.initializer if tensor.data_type == TensorProto.BFLOAT16}
        readers = [node for node in found.graph.node if stored & set(node.input)]
        assert len(readers) == len(stored) > 0
        assert {node.op_type for node in readers} == {"Cast"}


def test_its_answers_are_those_of_the_rounded_weights(network):
    """The reference is torch with weights rounded to bfloat16; both calculate in float32."""
    import copy

    import torch

    plain = network("embedding")
    module = copy.deepcopy(plain.module)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.bfloat16().float())
        expected = module(*map(torch.from_numpy, plain.rows.values()))["y"].numpy()
    from onnxruntime.quantization.onnx_model import ONNXModel

    found = converted(plain)
    ONNXModel(found).topological_sort()
    np.testing.assert_allclose(plain.run(found, plain.rows), expected, rtol=1e-5, atol=1e-6)
