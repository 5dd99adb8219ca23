"""Fourth pass: the shape of every node, from the inputs on."""

from __future__ import annotations

from dataclasses import replace

from mlpspec.ir.graph import Graph, Node, Path
from mlpspec.ir.shape import Shape, ShapeFault
from mlpspec.passes.context import Context


def infer_shapes(graph: Graph, context: Context) -> Graph:
    """Nodes with shapes. A node that does not fit is reported; the nodes that depend on it are left out without further noise."""
    shapes: dict[str, Shape] = {value.name: value.shape for value in graph.inputs}
    paths: dict[str, Path] = {value.name: value.path for value in graph.inputs}
    nodes: list[Node] = []
    for node in graph.nodes:
        paths[node.name] = node.path
        if not all(source in shapes for source in node.sources):
            continue
        try:
            shape = node.operation.output_shape(*(shapes[source] for source in node.sources))
        except ShapeFault as fault:
            _report(fault, node, shapes, paths, context)
            continue
        shapes[node.name] = shape
        nodes.append(replace(node, shape=shape))
    return replace(graph, nodes=tuple(nodes))


def _report(fault: ShapeFault, node: Node, shapes: dict[str, Shape], paths: dict[str, Path], context: Context) -> None:
    kind = node.operation.kind
    culprits = [node.sources[index] for index in fault.inputs] or list(node.sources)
    secondary = tuple((paths[source], f"`{source}` is {shapes[source]}") for source in dict.fromkeys(culprits))
    if node.path[0] == "inputs":  # the joining of all inputs, which the spec does not write
        message = f"the first layer reads all inputs joined, and that needs {fault.expected}, got {fault.got}"
        context.report(
            "shape-mismatch", message, ("inputs",), at_key=True, secondary=secondary, help="say which input each layer reads with `from:`"
        )
        return
    at = node.path if fault.option is None else (*node.path, kind, fault.option)
    context.report("shape-mismatch", f"`{kind}` needs {fault.expected}, got {fault.got}", at, secondary=secondary, help=fault.help)
