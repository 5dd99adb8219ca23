"""The sigmoid linear unit, also called swish."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Silu(Activation):
    """x * sigmoid(x).

    Derivative: s + x * s * (1 - s) with s = sigmoid(x); up to 1.1, slightly negative below -1.28. Saturates at 0 for very negative x.
    Source: Elfwing et al. 2018, Ramachandran et al. 2017; torch.nn.SiLU.
    """

    kind = "silu"
    aliases = ("swish",)

    def lower(self, shape: Shape) -> Module:
        return Module("nn.SiLU")
