"""A network whose layers are all submodules, so that whoever looks at its modules sees every layer of the spec under its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.fx.node import map_arg

from mlpspec.pytorch.module import LAYER


def with_named_layers(module: nn.Module) -> nn.Module:
    """The same network, with the same weights, that also calls a submodule for a function and for a second call of a shared layer.

    Of a layer that takes several steps, the last has its name, `add_1`, the others a number behind it, `add_1/1`.
    A module that `build_module` did not make, or that was derived from none of its, is given back as it is.
    """
    if not isinstance(module, fx.GraphModule):
        return module
    wired = fx.Graph()
    modules: dict[str, nn.Module] = dict(module.named_modules())
    values: dict[fx.Node, fx.Node] = {}
    left = Counter(node.meta.get(LAYER) for node in module.graph.nodes)
    for node in module.graph.nodes:
        layer = node.meta.get(LAYER)
        left[layer] -= 1
        if layer is None or (node.op == "call_module" and node.target == layer):
            values[node] = wired.node_copy(node, values.__getitem__)
            continue
        name = f"{layer}/{left[layer]}" if left[layer] else layer
        function = modules[str(node.target)] if node.op == "call_module" else node.target
        modules[name] = Step(node, function).train(module.training)
        values[node] = wired.call_module(name, tuple(values[source] for source in node.all_input_nodes))
    named = fx.GraphModule(modules, wired, class_name=type(module).__name__)
    named.training = module.training
    return named


class Step(nn.Module):
    """One step of a network: a function, or a module that stands elsewhere, with the arguments that are no tensors."""

    def __init__(self, node: fx.Node, function: Any):
        super().__init__()
        self.sources, self.arguments, self.options = node.all_input_nodes, node.args, dict(node.kwargs)
        self.function: tuple[Callable[..., torch.Tensor]] = (function,)  # in a tuple, so that a module does not become a part of this one

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The step's tensors, each once, to its output."""
        values = dict(zip(self.sources, inputs, strict=True))
        return self.function[0](*map_arg(self.arguments, values.__getitem__), **map_arg(self.options, values.__getitem__))
