"""Forms of an operator that write into memory that is already there."""

from __future__ import annotations

from functools import cache

import torch

aten = torch.ops.aten

ELEMENTWISE = {
    aten.threshold_backward.default,
    aten.gelu_backward.default,
    aten.sigmoid_backward.default,
    aten.tanh_backward.default,
    aten.elu_backward.default,
    aten.leaky_relu_backward.default,
    aten.silu_backward.default,
    aten.softplus_backward.default,
    aten.hardtanh_backward.default,
    aten.hardsigmoid_backward.default,
    aten.hardswish_backward.default,
}
"""Operators that treat each number by itself though torch does not tag them so."""


RESIZING = {aten.mse_loss.default}
"""Operators whose `out=` form changes the shape of what it is given on the way."""

WRITABLE = {
    aten.relu.default: (aten.clamp_min.default, (0,)),
    aten.mul.Scalar: (aten.mul.Tensor, ()),
    aten.div.Scalar: (aten.div.Tensor, ()),
    aten.add.Scalar: (aten.add.Tensor, ()),
    aten.sub.Scalar: (aten.sub.Tensor, ()),
}
"""Operators without an `out=` form, and what calculates the same with the same arguments and these more."""


@cache
def out_variant(operator: torch._ops.OpOverload) -> torch._ops.OpOverload | None:
    """The overload that takes the same arguments and `out=` tensors, or None.

    Overloads that torch generates by calculating elsewhere and copying do not count.
    """
    if operator in RESIZING:
        return None
    wanted = [(argument.name, str(argument.type)) for argument in operator._schema.arguments]
    for name in operator.overloadpacket.overloads():
        other = getattr(operator.overloadpacket, name)
        outs = out_names(other)
        if len(outs) != len(operator._schema.returns) or torch.Tag.generated in other.tags:
            continue
        given = [(argument.name, str(argument.type)) for argument in other._schema.arguments if argument.name not in outs]
        if given == wanted:
            return other
    return None


def out_names(operator: torch._ops.OpOverload) -> list[str]:
    """The names of the arguments that are written to, where they can only be given by name."""
    arguments = operator._schema.arguments
    return [argument.name for argument in arguments if argument.kwarg_only and argument.alias_info and argument.alias_info.is_write]


def is_elementwise(operator: torch._ops.OpOverload) -> bool:
    """Whether each number of the result depends only on the numbers at its place, so that the result may take an input's memory."""
    return torch.Tag.pointwise in operator.tags or operator in ELEMENTWISE
