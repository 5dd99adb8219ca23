"""Which nodes share memory: views and in-place operators."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import fx


def is_view(node: fx.Node) -> bool:
    """Whether the node's value lies in the memory of its first argument, which it only looks at."""
    if node.target is operator.getitem:
        return is_view(node.args[0])  # type: ignore[arg-type]
    return isinstance(node.target, torch._ops.OpOverload) and node.target.is_view


def writes(node: fx.Node) -> list[fx.Node]:
    """The nodes whose memory an in-place operator changes."""
    if not isinstance(node.target, torch._ops.OpOverload) or not node.target._schema.is_mutable:
        return []
    arguments = node.target._schema.arguments
    given: list[Any] = [*node.args, *(node.kwargs.get(argument.name) for argument in arguments[len(node.args) :])]
    found = [value for argument, value in zip(arguments, given, strict=False) if argument.alias_info and argument.alias_info.is_write]
    flat = [item for value in found for item in (value if isinstance(value, (list, tuple)) else [value])]
    return [item for item in flat if isinstance(item, fx.Node)]


def owner(node: fx.Node) -> fx.Node:
    """The node whose value's memory this one looks at or changes."""
    while True:
        if is_view(node):
            node = node.args[0]  # type: ignore[assignment]
        elif written := writes(node):
            node = written[0]
        else:
            return node
