"""The same numbers along other axes."""

from __future__ import annotations

import math
from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input
from mlpspec.ir.shape import Dim, Shape, ShapeFault, product


@final
class Reshape(Layer):
    """Gives each row other axes; the numbers and their order, the last axis running fastest, stay.

    Input: (batch, ...). Output: (batch, *shape). Parameters: none.
    One size may be -1: it becomes what is left.
    Source: torch.reshape; Keras Reshape.
    """

    kind = "reshape"
    main = "shape"

    shape: tuple[int, ...] = option(
        minimum=-1,
        min_items=1,
        doc="Sizes of the axes after the batch; one may be -1, which stands for what is left.",
        examples=((28, 28),),
    )

    def problem(self) -> str | None:
        if 0 in self.shape:
            return "`shape` holds a 0: sizes are at least 1, or one of them -1"
        if self.shape.count(-1) > 1:
            return "`shape` holds -1 more than once: write all sizes but one as numbers"
        return None

    def output_shape(self, *inputs: Shape) -> Shape:
        available = product(inputs[0].dims)
        if -1 in self.shape:
            left = self._left(available, inputs[0])
            return Shape(tuple(left if size == -1 else size for size in self.shape))
        if isinstance(available, int) and available != math.prod(self.shape):
            raise self._fault(f"{math.prod(self.shape)} numbers a row for {Shape(self.shape)}", available, inputs[0])
        return Shape(self.shape)

    def lower(self, *inputs: Shape) -> Function:
        return Function("torch.reshape", (Input(), (-1, *self.output_shape(*inputs).known)))

    def _left(self, available: Dim, shape: Shape) -> Dim:
        """The size that -1 stands for."""
        others = math.prod(size for size in self.shape if size != -1)
        if isinstance(available, str):
            return available if others == 1 else f"{available}/{others}"
        if available % others:
            raise self._fault(f"a multiple of {others} numbers a row", available, shape)
        return available // others

    def _fault(self, expected: str, available: int, shape: Shape) -> ShapeFault:
        return ShapeFault(expected, f"{shape}, which is {available}", inputs=(0,), option="shape")
