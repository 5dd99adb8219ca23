"""Weights stored in bfloat16, arithmetic in float32."""

from __future__ import annotations

import ml_dtypes
from onnx import ModelProto, TensorProto, helper, numpy_helper


def to_bfloat16(network: ModelProto) -> ModelProto:
    """The network with its matrices, kernels and tables rounded to bfloat16 and cast back to float32 where they are read.

    The arithmetic stays float32 on purpose: ONNX Runtime's CPU provider has no bfloat16 kernels for matrix products, sums or activations,
    so that a file that calculates in bfloat16 could not be proved, and ONNX defines Elu, Softplus, Mish and others for bfloat16 only from
    opset 22 on. ONNX Runtime does the casts once, when it loads the file.
    Vectors (biases, scales) stay float32: they weigh little, and rounding them would cost accuracy for nothing.
    """
    casts = []
    for tensor in network.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            name, stored = tensor.name, f"{tensor.name}.bf16"
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(ml_dtypes.bfloat16), stored))
            casts.append(helper.make_node("Cast", [stored], [name], name=f"{name}/Cast", to=TensorProto.FLOAT))
    network.graph.node.extend(casts)
    return network
