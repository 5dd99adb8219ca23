"""Maxout: the largest of a few affine pieces."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, ShapeFault, known


@final
class Maxout(Activation):
    """The maximum of each `pieces` neighbours on the last axis: (batch, ..., units * pieces) to (batch, ..., units).

    After a dense layer of n units, the layer calculates n * pieces values, so that n come out: max(w1 x + b1, w2 x + b2).
    Derivative: 1 for the largest piece, 0 for the others. It does not saturate.
    Source: Goodfellow et al. 2013.
    """

    kind = "maxout"
    main = "pieces"

    pieces: int = option(default=2, minimum=2, maximum=64, doc="How many affine pieces compete for each output.", examples=(2,))

    def lower(self, shape: Shape) -> Module:
        self.output_shape(shape)
        return Module("Maxout", (self.pieces,))

    def output_shape(self, shape: Shape) -> Shape:
        if not isinstance(shape.last, int):
            return shape.with_last(f"{shape.last}/{self.pieces}")
        width = known(shape.last)
        if width % self.pieces:
            raise ShapeFault(f"a last axis divisible by {self.pieces}", str(shape), inputs=(0,), option="pieces")
        return shape.with_last(width // self.pieces)

    def input_width(self, units: int) -> int:
        return units * self.pieces
