"""From a graph to a torch.fx.GraphModule: a real module with generated forward and the spec's names in its state_dict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn

from mlpspec.ir.graph import Graph, Node
from mlpspec.ir.lowering import Fold, Function, Init, Input, Inputs, Lowering, Module, Reuse, Stack
from mlpspec.pytorch.names import class_name, identifiers
from mlpspec.pytorch.targets import resolve

LAYER = "layer"
"""Key in the `meta` of the module's fx nodes: the name of the graph's node that each belongs to."""


def build_module(graph: Graph) -> fx.GraphModule:
    """The network as a module on the CPU, freshly initialized from torch's random state.

    Its forward takes one tensor for each graph input, in order, and returns a dict from target to the head's output. Modules are made in
    the graph's order, so that the same torch seed gives the same weights, also to the module that `print_source` writes.

    Raises:
        ValueError: when a size of the graph is still unknown.
    """
    root = nn.Module()
    for node in graph.nodes:
        if node.lowering is None:
            raise ValueError(f"the sizes of `{node.name}` are not known")
        if isinstance(node.lowering, Module | Stack):
            root.add_module(node.name, _make(node.lowering))
    module = fx.GraphModule(root, _wire(graph), class_name=class_name(graph.name))
    module.graph.lint()
    return module


def _make(record: Module | Stack) -> nn.Module:
    if isinstance(record, Stack):
        return nn.Sequential(OrderedDict((name, _make(part)) for name, part in record.parts.items()))
    made: nn.Module = resolve(record.target)(*record.args, **record.kwargs)
    for weight, init in record.initial.items():
        _fill(made.get_parameter(weight), init)
    return made


def _fill(weight: nn.Parameter, init: Init) -> None:
    with torch.no_grad():
        resolve(init.target)(weight, **init.kwargs)


def _wire(graph: Graph) -> fx.Graph:
    wired = fx.Graph()
    arguments = identifiers(value.name for value in graph.inputs)
    values: dict[str, fx.Node] = {name: wired.placeholder(argument) for name, argument in arguments.items()}
    for node in graph.nodes:
        before = len(wired.nodes)
        values[node.name] = _call(wired, node, [values[source] for source in node.sources])
        for made in list(wired.nodes)[before:]:
            made.meta[LAYER] = node.name
    wired.output({target: values[name] for target, name in graph.outputs.items()})
    return wired


def _call(wired: fx.Graph, node: Node, inputs: Sequence[fx.Node]) -> fx.Node:
    record: Lowering | None = node.lowering
    match record:
        case Module() | Stack():
            return wired.call_module(node.name, tuple(inputs))
        case Reuse(node=shared):
            return wired.call_module(shared, tuple(inputs))
        case Function():
            return wired.call_function(resolve(record.target), _fill_in(record.args, inputs), dict(record.kwargs))
        case Fold(target=target):
            result = inputs[0]
            for other in inputs[1:]:
                result = wired.call_function(resolve(target), (result, other))
            return result
        case _:
            raise TypeError(record)


def _fill_in(args: tuple[Any, ...], inputs: Sequence[fx.Node]) -> tuple[Any, ...]:
    def one(arg: Any) -> Any:
        match arg:
            case Input(index=index):
                return inputs[index]
            case Inputs():
                return list(inputs)
            case tuple():
                return tuple(map(one, arg))
            case list():
                return list(map(one, arg))
            case Mapping():
                return {key: one(value) for key, value in arg.items()}
            case _:
                return arg

    return tuple(map(one, args))
