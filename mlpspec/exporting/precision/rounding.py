"""A float16 network that rounds wherever it says so, also on a CPU."""

from __future__ import annotations

from onnx import ModelProto, NodeProto, TensorProto, helper, shape_inference


def with_rounding(network: ModelProto) -> ModelProto:
    """A copy that gives the answers of a device that calculates in float16, to judge the network by.

    ONNX Runtime's CPU provider has no float16 kernels for most operators. It calculates in float32 and leaves out the casts between two
    of them, so that a float16 file is more exact there than on a GPU, and never overflows. Here every float16 value passes through a
    `Max` of one value: that one has a float16 kernel and is not optimized away.
    """
    inferred = shape_inference.infer_shapes(network, strict_mode=True)
    halves = {value.name for value in inferred.graph.value_info if value.type.tensor_type.elem_type == TensorProto.FLOAT16}
    rounded = ModelProto()
    rounded.CopyFrom(network)
    del rounded.graph.node[:]
    for node in network.graph.node:
        rounded.graph.node.extend(_rounded(node, halves))
    return rounded


def _rounded(node: NodeProto, halves: set[str]) -> list[NodeProto]:
    """The node, and the rounding of those of its outputs that are float16."""
    copy = NodeProto()
    copy.CopyFrom(node)
    nodes = [copy]
    for position, name in enumerate(node.output):
        if name in halves:
            copy.output[position] = f"{name}.exact"
            nodes.append(helper.make_node("Max", [f"{name}.exact"], [name], name=f"{name}/rounding"))
    return nodes
