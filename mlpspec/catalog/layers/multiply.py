"""The product of inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.elementwise import Elementwise
from mlpspec.ir.lowering import Fold
from mlpspec.ir.shape import Shape


@final
class Multiply(Elementwise):
    """Multiplies its inputs, element by element: a * b * ...

    Input: several (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: operator.mul; Keras Multiply.
    """

    kind = "multiply"

    def lower(self, *inputs: Shape) -> Fold:
        return Fold("operator.mul")
