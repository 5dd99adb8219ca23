"""The difference of two inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.elementwise import equal_shapes, exactly_two
from mlpspec.ir.lowering import Fold
from mlpspec.ir.shape import Shape


@final
class Subtract(Layer):
    """Subtracts its second input from its first, element by element: a - b.

    Input: two (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: operator.sub; Keras Subtract.
    """

    kind = "subtract"
    merges = True

    def output_shape(self, *inputs: Shape) -> Shape:
        exactly_two(*inputs)
        return equal_shapes(*inputs)

    def lower(self, *inputs: Shape) -> Fold:
        return Fold("operator.sub")
