"""Dropout masks from outside the step, so that a block of steps can be prepared at once."""

from __future__ import annotations

import torch
from torch import fx

from mlpspec.training.compiled.trace import Layout, Role, Traced, layout

aten = torch.ops.aten


def take_out_masks(traced: Traced) -> None:
    """`div_(bernoulli_(empty_like(x), keep), keep)` becomes a placeholder with the role `mask` and the detail (shape, keep, dtype).

    torch draws one number after another for bernoulli_; `masks.py` says how it is done faster.
    """
    for node in list(traced.graph.nodes):
        drawn = node.args[0] if node.target is aten.div_.Scalar else None
        if not isinstance(drawn, fx.Node) or drawn.target is not aten.bernoulli_.float or _keep(drawn) != node.args[1]:
            continue
        shape = layout(node).shape
        name = f"mask{len(traced.roles)}"
        plain = Layout.of(torch.empty(shape, dtype=layout(node).dtype, device="meta"))
        mask = traced.placeholder(name, Role("mask", name, (shape, _keep(drawn), plain.dtype)), plain)
        traced.replace(node, mask)
        traced.graph.erase_node(drawn)
    traced.graph.eliminate_dead_code()


def _keep(drawn: fx.Node) -> object:
    """The probability that bernoulli_ draws with; torch does not pass it on where it is 0.5, its default."""
    return drawn.args[1] if len(drawn.args) > 1 else 0.5


def keep_one_copy(traced: Traced) -> None:
    """Way back through dropout and ReLU: read the dropped-out output where the ReLU's own was kept beside it.

    `threshold_backward(mul(d, mask), relu, 0)` with `h = mul(relu, mask)` reads `h` instead of `relu`: it is positive at the same places,
    but for those where the mask is zero, and there the gradient is zero already. So `relu` may be overwritten by `h`.
    """
    for node in traced.graph.nodes:
        if node.target is not aten.threshold_backward.default or node.args[2] != 0:
            continue
        upstream, relu = node.args[:2]
        if not isinstance(upstream, fx.Node) or upstream.target is not aten.mul.Tensor or not _is_mask(traced, upstream.args[1]):
            continue
        dropped = [user for user in relu.users if user.target is aten.mul.Tensor and user.args == (relu, upstream.args[1])]
        if dropped and relu.target is aten.relu.default:
            node.args = (upstream, dropped[0], 0)


def _is_mask(traced: Traced, node: object) -> bool:
    return isinstance(node, fx.Node) and node in traced.roles and traced.roles[node].kind == "mask"
