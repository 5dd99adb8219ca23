"""Is the model of a size that can be meant?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic
from mlpspec.ir.graph import Graph
from mlpspec.passes.context import Context

MAX_PARAMETERS = 2_000_000_000
"""8 GB of float32 weights, before gradients and optimizer state."""


def lint_parameter_budget(graph: Graph, context: Context) -> Iterator[Diagnostic]:
    """An error for a layer beyond the budget, found before any memory is taken."""
    reported: set[tuple[str | int, ...]] = set()
    for node in graph.nodes:
        if (node.parameters or 0) > MAX_PARAMETERS and node.path not in reported:
            reported.add(node.path)
            gigabytes = (node.parameters or 0) * 4 / 1e9
            message = f"`{node.name}` alone has {node.parameters:,} parameters, {gigabytes:,.0f} GB of weights"
            yield context.document.diagnostic(
                "too-many-parameters", message, node.path, help=f"the budget is {MAX_PARAMETERS:,}; is a zero too many?"
            )
