"""After shape inference: a layer that shares weights reads the shape that the weights were made for."""

from __future__ import annotations

from mlpspec.catalog.layers.share import SharedOperation
from mlpspec.ir.graph import Graph
from mlpspec.passes.context import Context


def check_sharing(graph: Graph, context: Context) -> Graph:
    """The same graph; a shared layer that reads another shape than the layer whose weights it uses is reported."""
    for node in graph.nodes:
        if not isinstance(node.operation, SharedOperation):
            continue
        original = graph.node(node.operation.of)
        wanted = [graph.shape_of(source) for source in original.sources]
        found = [graph.shape_of(source) for source in node.sources]
        if wanted != found:
            message = f"the weights of `{original.name}` are for {_text(wanted)}, got {_text(found)}"
            context.report(
                "shape-mismatch", message, node.path, secondary=((original.path, "made here"),), help="share only between equal shapes"
            )
    return graph


def _text(shapes: list) -> str:
    return " and ".join(map(str, shapes))
