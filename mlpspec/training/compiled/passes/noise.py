"""Drop what calculates nothing: detached aliases, a transpose of a transpose, views to the same shape, results that nobody reads."""

from __future__ import annotations

import torch
from torch import fx

from mlpspec.training.compiled.trace import Traced, layout

aten = torch.ops.aten


def drop_noise(traced: Traced) -> None:
    """Rules, in this order for each node.

    1. `detach(x)`, `alias(x)` -> `x`.
    2. `t(t(x))` -> `x`.
    3. `view(x, its own shape)` -> `x`.
    4. `_unsafe_view` -> `view`: the value it looks at is read by nobody else.
    5. Nodes without readers go, in-place operators excepted.
    """
    for node in list(traced.graph.nodes):
        same = _same_value(node)
        if same is not None:
            traced.replace(node, same)
        elif node.target is aten._unsafe_view.default:
            node.target = aten.view.default
    traced.graph.eliminate_dead_code()


def _same_value(node: fx.Node) -> fx.Node | None:
    if not node.args or not isinstance(node.args[0], fx.Node):
        return None
    source = node.args[0]
    if node.target in (aten.detach.default, aten.alias.default):
        return source
    if node.target is aten.t.default and source.target is aten.t.default:
        return source.args[0]  # type: ignore[return-value]
    if node.target is aten.view.default and layout(node) == layout(source):
        return source
    return None
