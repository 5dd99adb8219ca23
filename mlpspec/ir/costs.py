"""What a network costs: multiplications and memory, worked out from the graph."""

from __future__ import annotations

import math

from mlpspec.ir.graph import Graph, Node
from mlpspec.ir.lowering import Module, Stack

FLOAT_BYTES = 4


def row_flops(node: Node) -> int | None:
    """Floating-point operations of a node's affine maps for one row; None while sizes are unknown. A multiply-add counts as two."""
    record = node.lowering
    if record is None or node.shape is None or not node.shape.is_known:
        return None
    positions = math.prod(node.shape.known[:-1])
    parts = record.parts.values() if isinstance(record, Stack) else [record] if isinstance(record, Module) else []
    return sum(2 * math.prod(part.weights["weight"]) * positions for part in parts if part.target == "nn.Linear")


def weight_bytes(graph: Graph) -> int | None:
    """Bytes of the weights in float32; None while sizes are unknown."""
    return None if graph.parameters is None else graph.parameters * FLOAT_BYTES


def training_bytes(graph: Graph, batch_size: int) -> int | None:
    """Bytes that training takes beside the data.

    Weights, gradients and two moments of Adam, and every node's output and its gradient for the backward pass.
    """
    weights = weight_bytes(graph)
    if weights is None or not all(node.shape is not None and node.shape.is_known for node in graph.nodes):
        return None
    outputs = sum(math.prod(node.shape.known) for node in graph.nodes if node.shape is not None)
    return 4 * weights + 2 * FLOAT_BYTES * batch_size * outputs
