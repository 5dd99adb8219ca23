"""The rectified linear unit cut at six."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Relu6(Activation):
    """min(max(0, x), 6).

    Derivative: 1 between 0 and 6, 0 outside: it saturates above 6, and a unit whose input is negative for every row is dead.
    Source: Krizhevsky 2010; torch.nn.ReLU6.
    """

    kind = "relu6"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.ReLU6")
