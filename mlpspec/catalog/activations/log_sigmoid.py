"""The logarithm of the logistic function."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class LogSigmoid(Activation):
    """log(1 / (1 + exp(-x))), which is -softplus(-x): always negative.

    Derivative: sigmoid(-x), between 0 and 1. Saturates at 0 for very large x.
    Source: torch.nn.LogSigmoid, written as -softplus(-x).
    """

    kind = "log_sigmoid"

    def lower(self, shape: Shape) -> Module:
        return Module("LogSigmoid")
