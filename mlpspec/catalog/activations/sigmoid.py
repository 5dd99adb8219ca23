"""The logistic function."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Sigmoid(Activation):
    """1 / (1 + exp(-x)): every value to between 0 and 1.

    Derivative: s * (1 - s) with s = sigmoid(x), at most 0.25 at zero. Saturates at both ends.
    Of a gradient at most the share 0.25^r comes through r layers, weights aside.
    Source: Rumelhart et al. 1986; torch.nn.Sigmoid.
    """

    kind = "sigmoid"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Sigmoid")
