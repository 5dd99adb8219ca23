"""The gradient of softmax cross-entropy by the logits in closed form: (softmax - one_hot) * scale."""

from __future__ import annotations

import torch
from torch import fx

from mlpspec.training.compiled.trace import Layout, Role, Traced, layout

aten = torch.ops.aten

MEAN, NO_INDEX = 1, -100
"""Reduction by the mean, and the label that torch leaves out by default."""


def close_cross_entropy(traced: Traced) -> None:
    """The two backward operators of log-softmax and negative log-likelihood become `one_hot + scale * softmax(z)`.

    `_log_softmax_backward_data(nll_loss_backward(seed, log_softmax(z), y, ...), log_softmax(z), 1)` with a constant seed is replaced; scale
    is seed / batch, and the step prepares `one_hot`, -scale at the true class, for a whole block of batches. Four small operators become
    two.
    """
    for node in list(traced.graph.nodes):
        found = _match(traced, node)
        if found is None:
            continue
        logits, target, seed = found
        shape = layout(logits)
        scale = seed / shape.shape[0]
        plain = Layout(shape.shape, (shape.shape[1], 1), shape.dtype)
        name = f"one_hot{len(traced.roles)}"
        one_hot = traced.placeholder(name, Role("one_hot", traced.roles[target].key, (shape.shape[1], -scale)), plain)
        softmax = traced.call(node, aten._softmax.default, (logits, 1, False), plain)
        traced.replace(node, traced.call(node, aten.add.Tensor, (one_hot, softmax), plain, alpha=scale))
    traced.graph.eliminate_dead_code()


def _match(traced: Traced, node: fx.Node) -> tuple[fx.Node, fx.Node, float] | None:
    """Logits, target and seed."""
    if node.target is not aten._log_softmax_backward_data.default or node.args[2] != 1:
        return None
    upstream, log_softmax = node.args[:2]
    if not isinstance(upstream, fx.Node) or upstream.target is not aten.nll_loss_backward.default:
        return None
    seed, values, target, weight, reduction, ignored = upstream.args[:6]
    if values is not log_softmax or weight is not None or reduction != MEAN or ignored != NO_INDEX:
        return None
    if log_softmax.target is not aten._log_softmax.default or len(layout(log_softmax).shape) != 2:  # type: ignore[union-attr]
        return None
    if traced.roles.get(target) is None or traced.roles[target].kind != "target":  # type: ignore[index, arg-type]
        return None
    role = traced.roles.get(seed)  # type: ignore[arg-type]
    if role is None or role.kind != "constant":
        return None
    return log_softmax.args[0], target, traced.constants[role.key].item()  # type: ignore[return-value, union-attr]
