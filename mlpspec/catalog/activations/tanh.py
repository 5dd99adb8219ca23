"""The hyperbolic tangent."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Tanh(Activation):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)): every value to between -1 and 1.

    Derivative: 1 - tanh(x)^2, at most 1 at zero. Saturates at both ends.
    Source: LeCun et al. 1998; torch.nn.Tanh.
    """

    kind = "tanh"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Tanh")
