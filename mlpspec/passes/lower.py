"""Last pass: the lowering record of every node whose sizes are known."""

from __future__ import annotations

from dataclasses import replace

from mlpspec.ir.graph import Graph
from mlpspec.ir.lowering import Lowering
from mlpspec.ir.shape import Shape, UnknownSize
from mlpspec.passes.context import Context


def lower(graph: Graph, context: Context) -> Graph:
    """Nodes with records; None stays where a size is known only with the data."""
    shapes = {value.name: value.shape for value in (*graph.inputs, *graph.nodes) if value.shape is not None}

    def record(operation: object, sources: tuple[Shape, ...]) -> Lowering | None:
        try:
            return operation.lower(*sources)  # pyright: ignore[reportAttributeAccessIssue]
        except UnknownSize:
            return None

    nodes = tuple(replace(node, lowering=record(node.operation, tuple(shapes[s] for s in node.sources))) for node in graph.nodes)
    return replace(graph, nodes=nodes)
