"""Weights and activations in int8, with ranges learnt from training rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

CALIBRATION_BATCH = 256

WITH_WEIGHTS = ("Gemm", "MatMul", "Conv", "ConvTranspose", "Gather")
"""Operators whose weights become int8."""

PASSING_ON = ("Relu", "Clip", "MaxPool", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze")
"""Operators that pass int8 values on as they are, so that they need not be made float32 between two of those above."""

OPTIONS = {
    "MatMulConstBOnly": True,  # a product of two activations, as in attention, stays float32
    "OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"],  # their sums leave as float32: what a head says is not rounded to 8 bits
}


def to_static_int8(network: ModelProto, rows: Mapping[str, np.ndarray]) -> ModelProto:
    """The network with QuantizeLinear and DequantizeLinear around what has weights; ONNX Runtime fuses them to int8 kernels.

    Weights are int8, symmetric, one scale a channel, and use 7 of the 8 bits: the products of two neighbours then fit into 16 bits, so that
    processors without VNNI, which add them there, calculate what those with it do. Activations are uint8, one scale a tensor, from the
    least to the greatest value over `rows`. All else stays float32.

    Source: onnxruntime.quantization.quantize_static.
    """
    with tempfile.TemporaryDirectory(prefix="mlpspec-") as folder:
        target = Path(folder) / "int8.onnx"
        quantize_static(
            network,
            target,
            _Rows(rows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=[*WITH_WEIGHTS, *PASSING_ON],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options=OPTIONS,
        )
        return onnx.load(target)


class _Rows(CalibrationDataReader):
    """Rows in batches, in the form that the library reads."""

    def __init__(self, rows: Mapping[str, np.ndarray]):
        self._batches = self._all(rows)

    def get_next(self) -> dict[str, np.ndarray] | None:  # pyright: ignore[reportIncompatibleMethodOverride]  # the library says dict
        return next(self._batches, None)

    @staticmethod
    def _all(rows: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
        total = len(next(iter(rows.values())))
        for start in range(0, total, CALIBRATION_BATCH):
            yield {name: array[start : start + CALIBRATION_BATCH] for name, array in rows.items()}
