"""All axes after the batch as one."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.ir.lowering import Function, Input
from mlpspec.ir.shape import Shape, ShapeFault, product


@final
class Flatten(Layer):
    """Makes each row a plain vector, the last axis running fastest.

    Input: (batch, a, b, ...). Output: (batch, a * b * ...). Parameters: none.
    Source: torch.flatten.
    """

    kind = "flatten"

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if shape.rank == 0:
            raise ShapeFault("at least one axis after the batch", str(shape), inputs=(0,))
        return Shape((product(shape.dims),))

    def lower(self, *inputs: Shape) -> Function:
        return Function("torch.flatten", (Input(),), {"start_dim": 1})
