"""The exponential linear unit."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Elu(Activation):
    """x above zero, alpha * (exp(x) - 1) below.

    Derivative: 1 above zero, alpha * exp(x) below; continuous at zero for alpha = 1. Saturates at -alpha for very negative x.
    Source: Clevert et al. 2016; torch.nn.ELU.
    """

    kind = "elu"
    main = "alpha"

    alpha: float = option(default=1.0, above=0.0, maximum=100.0, doc="Minus the limit for very negative values.")

    def lower(self, shape: Shape) -> Module:
        return Module("nn.ELU", (), {"alpha": self.alpha})
