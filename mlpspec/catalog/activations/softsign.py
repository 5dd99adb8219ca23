"""Softsign: a slower tanh."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Softsign(Activation):
    """x / (1 + |x|): every value to between -1 and 1.

    Derivative: 1 / (1 + |x|)^2, at most 1 at zero. Saturates at both ends, more slowly than tanh.
    Source: Turian et al. 2009; torch.nn.Softsign.
    """

    kind = "softsign"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Softsign")
