"""No nonlinearity."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class LinearActivation(Activation):
    """x itself. Layers without a nonlinearity between them amount to one affine map.

    Derivative: 1 everywhere.
    Source: torch.nn.Identity.
    """

    kind = "linear"
    aliases = ("identity",)

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Identity")
