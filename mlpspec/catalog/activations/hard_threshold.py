"""The hard threshold of the perceptron."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class HardThreshold(Activation):
    """1 above zero, 0 elsewhere.

    Derivative: 0 everywhere, so that nothing in front of it learns: good for showing why a smooth function is needed.
    Source: Rosenblatt 1958.
    """

    kind = "hard_threshold"

    def lower(self, shape: Shape) -> Module:
        return Module("HardThreshold")
