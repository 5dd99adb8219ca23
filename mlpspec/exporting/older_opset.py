"""Networks in an operator set that is older than the exporter of PyTorch writes."""

from __future__ import annotations

from onnx import ModelProto, NodeProto, helper, version_converter

OLDEST_EXPORTED = 18
"""The oldest operator set that PyTorch's exporter writes by itself."""


def in_opset(model: ModelProto, opset: int) -> ModelProto:
    """The model in that operator set, which is one before `OLDEST_EXPORTED`; names are kept.

    Mish, which came with opset 18, is written as what it is short for: x * tanh(softplus(x)).
    Source: onnx.version_converter.
    """
    nodes = [part for node in model.graph.node for part in (_mish(node) if node.op_type == "Mish" else [node])]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return version_converter.convert_version(model, opset)


def _mish(node: NodeProto) -> list[NodeProto]:
    [x], [output] = node.input, node.output
    layer = node.name.removesuffix("/Mish")
    softplus, tanh = f"{output}/softplus", f"{output}/tanh"
    return [
        helper.make_node("Softplus", [x], [softplus], name=f"{layer}/Softplus"),
        helper.make_node("Tanh", [softplus], [tanh], name=f"{layer}/Tanh"),
        helper.make_node("Mul", [x, tanh], [output], name=f"{layer}/Mul"),
    ]
