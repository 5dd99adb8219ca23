"""Is there a softmax or sigmoid right before a head that applies its own?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.activations.base import Activation
from mlpspec.diagnostics import Diagnostic, Severity
from mlpspec.ir.graph import Graph
from mlpspec.passes.context import Context

_SATURATING = {"softmax", "sigmoid", "log_softmax"}


def lint_double_activation(graph: Graph, context: Context) -> Iterator[Diagnostic]:
    """A warning: the head's loss works on logits and the export adds softmax or sigmoid itself; a second one only flattens gradients."""
    document = context.document
    for target, head in graph.outputs.items():
        if not document.spec.targets[target].is_classes:
            continue
        source = graph.node(head).sources[0]
        node = next((n for n in graph.nodes if n.name == source), None)
        activation = None if node is None else getattr(node.operation, "activation", None) or getattr(node.operation, "function", None)
        if node is not None and isinstance(activation, Activation) and activation.kind in _SATURATING:
            message = f"`{activation.kind}` stands right before the head of `{target}`, which applies its own"
            yield document.diagnostic(
                "double-activation", message, node.path, severity=Severity.WARNING, help="remove it: the head's loss works on logits"
            )
