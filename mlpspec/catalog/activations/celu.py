"""The continuously differentiable exponential linear unit."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Celu(Activation):
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1)).

    Derivative: 1 above zero, exp(x / alpha) below; continuous for every alpha. Saturates at -alpha for very negative x.
    Source: Barron 2017; torch.nn.CELU.
    """

    kind = "celu"
    main = "alpha"

    alpha: float = option(default=1.0, above=0.0, maximum=100.0, doc="Minus the limit for very negative values.")

    def lower(self, shape: Shape) -> Module:
        return Module("Celu", (self.alpha,))
