"""Hard sigmoid: the logistic function from straight pieces."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class HardSigmoid(Activation):
    """min(max(0, x + 3), 6) / 6.

    Derivative: 1/6 between -3 and 3, 0 outside, where a unit is dead. PyTorch and Keras 3 agree; older Keras had 0.2 x + 0.5.
    Source: Courbariaux et al. 2015, Howard et al. 2019; torch.nn.Hardsigmoid.
    """

    kind = "hard_sigmoid"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Hardsigmoid")
