"""After the inputs are encoded: augmentations and mixings suit the inputs that they change."""

from __future__ import annotations

from mlpspec.ir.graph import Graph
from mlpspec.ir.shape import ShapeFault
from mlpspec.passes.context import Context


def check_augmentations(graph: Graph, context: Context) -> Graph:
    """The same graph; an augmentation or a mixing that an input's kind or shape does not allow is reported."""
    spec = context.document.spec
    for value in graph.inputs:
        type_ = spec.inputs[value.name]
        for index, augmentation in enumerate(type_.augment):
            at = ("inputs", value.name, type_.kind, "augment", index)
            if type_.kind not in augmentation.inputs:
                kinds = " or ".join(f"`{kind}`" for kind in sorted(augmentation.inputs))
                message = f"`{augmentation.kind}` suits inputs of the kind {kinds}, and `{value.name}` is `{type_.kind}`"
                context.report("shape-mismatch", message, at, help="leave it out")
                continue
            try:
                augmentation.check(value.shape)
            except ShapeFault as fault:
                message = f"`{augmentation.kind}` needs {fault.expected}, got {fault.got}"
                context.report("shape-mismatch", message, at, help=fault.help)
    mixing = spec.training.mixing
    problem = mixing and mixing.check({value.name: (value.shape, value.dtype) for value in graph.inputs})
    if mixing and problem:
        name, reason, help = problem
        secondary = ((("inputs", name), "this input"),)
        context.report("shape-mismatch", f"`{mixing.kind}`: {reason}", ("training", "mixing"), secondary=secondary, help=help)
    return graph
