"""The nodes that a graph needs for its outputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from onnx import NodeProto


def needed_nodes(nodes: Sequence[NodeProto], outputs: Collection[str]) -> list[NodeProto]:
    """The nodes, in order, without those that nothing leads from to an output.

    Args:
        nodes: in order of calculation.
        outputs: the names of the graph's outputs.
    """
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    return kept[::-1]
