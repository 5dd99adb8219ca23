"""The absolute value."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Abs(Activation):
    """|x|, which is relu(x) + relu(-x): folds the input at zero.

    Derivative: -1 below zero, 1 above, 0 at zero. It neither saturates nor dies.
    Source: Jarrett et al. 2009; torch.abs.
    """

    kind = "abs"

    def lower(self, shape: Shape) -> Module:
        return Module("Abs")
