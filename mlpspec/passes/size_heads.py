"""Third pass: each head learns how many numbers its target needs."""

from __future__ import annotations

from dataclasses import replace

from mlpspec.catalog.layers.head import Head
from mlpspec.ir.graph import Graph, Node
from mlpspec.passes.context import Context


def size_heads(graph: Graph, context: Context) -> Graph:
    """Heads replaced by heads that know their width."""
    return replace(graph, nodes=tuple(_sized(node, context) for node in graph.nodes))


def _sized(node: Node, context: Context) -> Node:
    head = node.operation
    if not isinstance(head, Head):
        return node
    outputs = context.document.spec.targets[head.target].outputs(head.target, context.facts.targets.get(head.target))
    return replace(node, operation=head.answering(outputs))
