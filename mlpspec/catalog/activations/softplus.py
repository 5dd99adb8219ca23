"""Softplus: a smooth ReLU."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Softplus(Activation):
    """log(1 + exp(x)): always positive, near max(0, x) away from zero.

    Derivative: sigmoid(x). Saturates at 0 for very negative x.
    Source: Dugas et al. 2001; torch.nn.Softplus.
    """

    kind = "softplus"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Softplus")
