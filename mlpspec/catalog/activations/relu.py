"""The rectified linear unit."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Relu(Activation):
    """max(0, x).

    Derivative: 0 below zero, 1 above; 0 at zero by convention.
    A unit whose input is negative for every row is dead: no gradient reaches it.
    Source: Nair and Hinton 2010; torch.nn.ReLU.
    """

    kind = "relu"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.ReLU")
