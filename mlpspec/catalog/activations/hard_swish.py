"""Hard swish: silu from straight pieces."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class HardSwish(Activation):
    """x * min(max(0, x + 3), 6) / 6.

    Derivative: 0 below -3, 1 above 3, (2x + 3) / 6 between. A unit whose input is below -3 for every row is dead.
    Source: Howard et al. 2019; torch.nn.Hardswish.
    """

    kind = "hard_swish"
    aliases = ("hard_silu",)

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Hardswish")
