"""Mish."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Mish(Activation):
    """x * tanh(softplus(x)).

    Derivative: t + x * (1 - t^2) * sigmoid(x) with t = tanh(softplus(x)); up to 1.09, slightly negative below -1.19.
    Saturates at 0 for very negative x.
    Source: Misra 2019; torch.nn.Mish.
    """

    kind = "mish"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Mish")
