"""Concatenation along the last axis."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.ir.lowering import Function, Inputs
from mlpspec.ir.shape import Shape, ShapeFault, differ, total


@final
class Concat(Layer):
    """Joins its inputs along the last axis.

    Input: several (batch, ..., n_i) that agree in all other axes. Output: (batch, ..., sum of n_i). Parameters: none.
    Source: torch.cat.
    """

    kind = "concat"
    merges = True

    def output_shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for index, shape in enumerate(inputs):
            if shape.rank == 0:
                raise ShapeFault("at least one axis after the batch", str(shape), inputs=(index,))
            if shape.rank != first.rank or any(map(differ, shape.dims[:-1], first.dims[:-1])):
                raise ShapeFault(
                    "inputs that agree in all axes but the last",
                    f"{first} and {shape}",
                    inputs=(0, index),
                    help="put `- flatten` before it",
                )
        return first.with_last(total(tuple(shape.last for shape in inputs)))

    def lower(self, *inputs: Shape) -> Function:
        return Function("torch.cat", (Inputs(),), {"dim": -1})
