"""Nodes that only give a value a second name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from onnx import NodeProto


def without_copies(nodes: Sequence[NodeProto], public: Collection[str]) -> list[NodeProto]:
    """The nodes, in order, without the Identity ones that are not needed; who read a copy now reads the original.

    Args:
        public: the names of the graph's inputs and outputs, which stay. An output that copies a value takes that value's place; only an
            output that copies an input, a constant or another output needs its Identity.
    """
    made = {name for node in nodes for name in node.output}
    names: dict[str, str] = {}

    def renamed(name: str) -> str:
        while name in names:
            name = names[name]
        return name

    kept: list[NodeProto] = []
    for node in nodes:
        if node.op_type == "Identity":
            source, copy = renamed(node.input[0]), node.output[0]
            if copy not in public:
                names[copy] = source
                continue
            if source in made and source not in public:
                names[source] = copy
                continue
        kept.append(node)
    for node in kept:
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
    return kept
