"""Weights in int8; the range of the activations is that of each batch."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
from onnx import ModelProto
from onnxruntime.quantization import QuantType, quantize_dynamic

WITH_WEIGHTS = ("Gemm", "MatMul", "Gather", "LSTM")
"""Operators whose weights become int8. ONNX Runtime has no kernel for a convolution of this kind."""


def to_dynamic_int8(network: ModelProto) -> ModelProto:
    """The network with MatMulInteger instead of matrix products. It needs no rows to learn from.

    As the scale of the activations is taken from all rows of a batch, the answer to a row depends a little on the rows beside it. Weights
    are as in `to_static_int8`.

    Source: onnxruntime.quantization.quantize_dynamic.
    """
    with tempfile.TemporaryDirectory(prefix="mlpspec-") as folder:
        target = Path(folder) / "int8.onnx"
        quantize_dynamic(
            network,
            target,
            op_types_to_quantize=list(WITH_WEIGHTS),
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        return onnx.load(target)
