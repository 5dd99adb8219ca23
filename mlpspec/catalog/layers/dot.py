"""The dot product of two inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.elementwise import equal_shapes, exactly_two
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, ShapeFault


@final
class Dot(Layer):
    """The dot product of its two inputs over the last axis: sum of a_i * b_i.

    Input: two (batch, ..., n) of one shape. Output: (batch, ..., 1). Parameters: none.
    Source: Keras Dot with axes=-1.
    """

    kind = "dot"
    merges = True

    def output_shape(self, *inputs: Shape) -> Shape:
        exactly_two(*inputs)
        shape = equal_shapes(*inputs)
        if shape.rank == 0:
            raise ShapeFault("at least one axis after the batch", str(shape), inputs=(0, 1))
        return shape.with_last(1)

    def lower(self, *inputs: Shape) -> Module:
        return Module("Dot")
