"""Is there dropout for every target whose uncertainty is asked of it?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.uncertainty_methods.mc_dropout import McDropout
from mlpspec.diagnostics import Diagnostic
from mlpspec.ir.graph import Graph, Node
from mlpspec.ir.lowering import Lowering, Module, Reuse, Stack
from mlpspec.passes.context import Context

DROPOUTS = {"nn.Dropout", "nn.AlphaDropout", "nn.Dropout1d", "nn.Dropout2d", "nn.Dropout3d"}
"""The modules that masks can stand for."""


def lint_without_dropout(graph: Graph, context: Context) -> Iterator[Diagnostic]:
    """An error for every target that no dropout reaches though `mc_dropout` is asked for: its answers would not spread at all."""
    document = context.document
    if not isinstance(document.spec.export.uncertainty, McDropout):
        return
    for target, head in graph.outputs.items():
        before = [node for node in graph.nodes if node.name in _ancestors(graph, head)]
        if any(node.lowering is None for node in before):
            continue  # known once the data has been read
        if not any(_drops(graph, node) for node in before):
            message = f"`mc_dropout` draws the dropout layers anew, and there is none before the head of `{target}`"
            help = "add `dropout: 0.1` to a layer before it and train, or leave `uncertainty` out"
            yield document.diagnostic("no-dropout", message, ("export", "uncertainty"), help=help)


def _ancestors(graph: Graph, name: str) -> set[str]:
    """The names of a node and of all that it depends on."""
    found = {name}
    for node in reversed(graph.nodes):
        if node.name in found:
            found.update(node.sources)
    return found


def _drops(graph: Graph, node: Node) -> bool:
    record: Lowering | None = node.lowering
    if isinstance(record, Reuse):
        record = graph.node(record.node).lowering
    parts = record.parts.values() if isinstance(record, Stack) else (record,)
    return any(isinstance(part, Module) and part.target in DROPOUTS and _rate(part) > 0 for part in parts)


def _rate(record: Module) -> float:
    return record.kwargs.get("p", record.args[0] if record.args else 0.5)
