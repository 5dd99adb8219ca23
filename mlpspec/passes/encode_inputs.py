"""Second pass: the network's inputs, their embeddings, and the node that joins all inputs for a first layer without `from`."""

from __future__ import annotations

from dataclasses import replace

from mlpspec.catalog.layers import LAYERS
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.passes.context import Context
from mlpspec.passes.place_layers import ALL_INPUTS


def encode_inputs(graph: Graph, context: Context) -> Graph:
    """The graph with its inputs' shapes and dtypes, and new nodes in front of the layers.

    1. a node `<input>_embedding` where an input is embedded; whoever reads the input reads that node;
    2. a node `inputs` that joins all inputs, where a layer reads them all and there are several.
    """
    inputs: list[GraphInput] = []
    front: list[Node] = []
    stands_for: dict[str, str] = {}
    for name, type_ in context.document.spec.inputs.items():
        facts = context.facts.inputs.get(name)
        shape, dtype = type_.network_input(name, facts)
        path = ("inputs", name)
        inputs.append(GraphInput(name, shape, dtype, path))
        stands_for[name] = name
        if (operation := type_.operation(name, facts)) is not None:
            stands_for[name] = f"{name}_embedding"
            front.append(Node(stands_for[name], operation, (name,), path))
    if any(ALL_INPUTS in node.sources for node in graph.nodes):
        if len(inputs) == 1:
            stands_for[ALL_INPUTS] = stands_for[inputs[0].name]
        else:
            stands_for[ALL_INPUTS] = ALL_INPUTS
            front.append(Node(ALL_INPUTS, LAYERS["concat"](), tuple(stands_for[i.name] for i in inputs), ("inputs",)))
    nodes = [replace(node, sources=tuple(stands_for.get(s, s) for s in node.sources)) for node in graph.nodes]
    return replace(graph, inputs=tuple(inputs), nodes=(*front, *nodes))
