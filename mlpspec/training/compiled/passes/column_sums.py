"""Sums over the batch as matrix-vector products, which cost half of a reduction in small nets."""

from __future__ import annotations

import torch
from torch import fx

from mlpspec.training.compiled.trace import Layout, Traced, layout

aten = torch.ops.aten


def multiply_instead_of_sum(traced: Traced) -> None:
    """`view(sum(d, [0], True), [n])`, the gradient of a bias, becomes `mv(t(d), ones)`."""
    ones: dict[int, fx.Node] = {}
    for node in list(traced.graph.nodes):
        total = node.args[0] if node.target is aten.view.default else None
        if not isinstance(total, fx.Node) or total.target is not aten.sum.dim_IntList or total.kwargs or len(total.users) > 1:
            continue
        source, axes, *_ = total.args
        known = layout(source)  # type: ignore[arg-type]
        if list(axes) != [0] or len(known.shape) != 2 or known.dtype != torch.float32 or layout(node).shape != known.shape[1:]:  # type: ignore[arg-type]
            continue
        rows = known.shape[0]
        if rows not in ones:
            ones[rows] = traced.constant(torch.ones(rows))
        turned = traced.call(node, aten.t.default, (source,), Layout(known.shape[::-1], known.stride[::-1], known.dtype))
        traced.replace(node, traced.call(node, aten.mv.default, (turned, ones[rows]), layout(node)))
    traced.graph.eliminate_dead_code()
