"""Weights and arithmetic in float16."""

from __future__ import annotations

from onnx import ModelProto, TensorProto, defs


def to_float16(network: ModelProto) -> ModelProto:
    """The network in float16, between casts from and to its float32 inputs and outputs.

    Operators that ONNX defines for float32 only, and those that the library holds back, stay float32 between casts of their own. ONNX
    Runtime's CPU provider calculates an operator in float32 where it has no float16 kernel, and rounds its result; the CUDA provider
    calculates in float16.

    Source: onnxruntime.transformers.float16.convert_float_to_float16.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    [opset] = [entry.version for entry in network.opset_import if entry.domain == ""]
    without = {node.op_type for node in network.graph.node if not _has_float16(node.op_type, opset, node.domain)}
    return convert_float_to_float16(network, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *sorted(without)])


def _has_float16(operator: str, opset: int, domain: str) -> bool:
    """Whether each of an operator's inputs that may be float32 may be float16 too.

    >>> _has_float16("Gemm", 20, ""), _has_float16("Celu", 20, "")
    (True, False)
    """
    if not defs.has(operator, opset, domain):
        return True
    float32, float16 = (f"tensor({TensorProto.DataType.Name(kind).lower()})" for kind in (TensorProto.FLOAT, TensorProto.FLOAT16))
    return all(float16 in value.types for value in defs.get_schema(operator, opset, domain).inputs if float32 in value.types)
