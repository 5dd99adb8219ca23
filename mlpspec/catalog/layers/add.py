"""The sum of inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.elementwise import Elementwise
from mlpspec.ir.lowering import Fold
from mlpspec.ir.shape import Shape


@final
class Add(Elementwise):
    """Adds its inputs, element by element: a + b + ...

    Input: several (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: operator.add; Keras Add.
    """

    kind = "add"

    def lower(self, *inputs: Shape) -> Fold:
        return Fold("operator.add")
