"""The network at the precision that `export.precision` names: one table, and what all conversions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, TensorProto
from onnxruntime.quantization.onnx_model import ONNXModel

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.precision.bfloat16 import to_bfloat16
from mlpspec.exporting.precision.dynamic_int8 import to_dynamic_int8
from mlpspec.exporting.precision.float16 import to_float16
from mlpspec.exporting.precision.no_trace import no_trace
from mlpspec.exporting.precision.rounding import with_rounding
from mlpspec.exporting.precision.static_int8 import to_static_int8
from mlpspec.language.sections.export import Export

Conversion = Callable[[ModelProto, Mapping[str, np.ndarray]], ModelProto]
"""From a float32 network, which it may change, and encoded training rows by input to the converted network."""

CONVERSIONS: dict[str, Conversion] = {
    "fp16": lambda network, rows: to_float16(network),
    "bf16": lambda network, rows: to_bfloat16(network),
    "int8 static": to_static_int8,
    "int8 dynamic": lambda network, rows: to_dynamic_int8(network),
}

JUDGED: dict[str, Callable[[ModelProto], ModelProto]] = {"fp16": with_rounding}
"""The form of a converted network to judge it by, where it is not the network itself."""


@dataclass(frozen=True)
class Converted:
    """A converted network.

    Attributes:
        network: what goes into the file.
        judged: the same network in a form that answers on this machine as it does where it is calculated at its precision.
        weights: how many weights the float32 network has in matrices, kernels and tables.
        converted: how many of them left float32.
    """

    network: ModelProto
    judged: ModelProto
    weights: int
    converted: int


def method(options: Export) -> str:
    """How the network is converted: a key of `CONVERSIONS`, or `fp32`."""
    return f"int8 {options.quantization}" if options.precision == "int8" else options.precision


def convert(network: ModelProto, options: Export, rows: Mapping[str, np.ndarray]) -> Converted:
    """The network, which stays as it is, at another precision. Its inputs and outputs keep their names and types.

    Args:
        network: inputs and outputs are float32 (or int64 codes), the first axis `batch`.
        rows: encoded training rows by input, each (rows, ...); `int8 static` learns the ranges of values from them.

    Raises:
        CheckError: when the library cannot convert it, or nothing in it could be converted.
    """
    copy = ModelProto()
    copy.CopyFrom(network)
    how = method(options)
    try:
        with no_trace():
            found = CONVERSIONS[how](copy, rows)
            ONNXModel(found).topological_sort()
            judged = JUDGED[how](found) if how in JUDGED else found
    except Exception as error:  # the libraries raise many kinds, each of which means the same here
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"the network cannot be converted to {how}: {reason}"
        raise CheckError(message, code="precision", help="choose another precision") from error
    weights, left = _float_weights(network), _float_weights(found)
    converted = sum(size for name, size in weights.items() if name not in left)
    if not converted:
        help = "leave it at fp32: no layer has weights that this precision can store"
        raise CheckError(f"nothing in the network could be converted to {how}", code="precision", help=help)
    return Converted(found, judged, sum(weights.values()), converted)


def _float_weights(network: ModelProto) -> dict[str, int]:
    """How many numbers each float32 matrix, kernel or table has; vectors, such as biases and scales, are not counted."""
    tensors = (tensor for tensor in network.graph.initializer if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1)
    return {tensor.name: math.prod(tensor.dims) for tensor in tensors}
