"""Does everything reach a head?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic
from mlpspec.ir.graph import Graph
from mlpspec.passes.context import Context


def lint_unused(graph: Graph, context: Context) -> Iterator[Diagnostic]:
    """Errors for layers whose output reaches no head, and for inputs that no layer reads."""
    used = set(graph.outputs.values())
    for node in reversed(graph.nodes):
        if node.name in used:
            used.update(node.sources)
    document = context.document
    reported: set[tuple[str | int, ...]] = set()
    for node in graph.nodes:
        if node.name not in used and node.path[0] == "model" and node.path not in reported:
            reported.add(node.path)
            help = f"read it with `from: {node.name}`, or remove it"
            yield document.diagnostic("unused-layer", f"the output of `{node.name}` reaches no head", node.path, help=help)
    for value in graph.inputs:
        if value.name not in used:
            help = f"let a layer read it with `from: {value.name}`, or remove it"
            yield document.diagnostic("unused-input", f"no head depends on the input `{value.name}`", value.path, at_key=True, help=help)
