"""Calculate once what depends on no data: the ones that a gradient starts from, weights of targets, label smoothing's shares."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx
from torch.fx.node import map_arg

from mlpspec.training.compiled.alias import owner, writes
from mlpspec.training.compiled.trace import Traced, layout

aten = torch.ops.aten

MADE = {
    aten.ones_like.default,
    aten.zeros_like.default,
    aten.full_like.default,
    aten.full.default,
    aten.ones.default,
    aten.zeros.default,
    aten.new_zeros.default,
    aten.new_full.default,
    aten.scalar_tensor.default,
    aten.arange.default,
    aten.arange.start,
}
"""Operators whose result depends at most on the shape of their input."""


def fold_constants(traced: Traced) -> None:
    """Replace every node that reads only constants by its value, unless an in-place operator changes that value later."""
    changed = {owner(written) for node in traced.graph.nodes for written in writes(node)}
    values: dict[fx.Node, Any] = {
        node: traced.constants[role.key] for node, role in traced.roles.items() if role.kind == "constant" and node not in changed
    }
    for node in list(traced.graph.nodes):
        if node.op != "call_function" or owner(node) in changed or writes(node):
            continue
        if node.target in MADE:
            value = node.target(*_shapes_as_tensors(node.args, traced.device), **node.kwargs)
        elif node.all_input_nodes and all(source in values for source in node.all_input_nodes):
            value = node.target(*map_arg(node.args, values.__getitem__), **map_arg(node.kwargs, values.__getitem__))
        else:
            continue
        values[node] = value
        if isinstance(value, torch.Tensor):
            constant = traced.constant(value.clone())
            values[constant] = value
            traced.replace(node, constant)
    traced.graph.eliminate_dead_code()


def _shapes_as_tensors(args: tuple[Any, ...], device: torch.device) -> tuple[Any, ...]:
    """Stand-ins of the right shape, on the device of all other constants, where only the shape matters."""

    def made(node: fx.Node) -> torch.Tensor:
        known = layout(node)
        return torch.empty_strided(known.shape, known.stride, dtype=known.dtype, device=device)

    return map_arg(args, made)  # type: ignore[return-value]
