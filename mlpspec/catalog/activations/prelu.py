"""The rectified linear unit with a learned slope."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, ShapeFault, known


@final
class Prelu(Activation):
    """max(0, x) + a * min(0, x), with `a` learned: one for the layer, or one for each unit.

    Derivative: a below zero, 1 above; by a itself: min(0, x). It does not saturate.
    Parameters: 1, or with `per_unit` as many as the last axis has. Weight decay pulls `a` to zero, and so towards relu.
    PyTorch learns one slope from 0.25 by default, Keras one for each unit from 0.
    Source: He et al. 2015; torch.nn.PReLU.
    """

    kind = "prelu"
    main = "initial"

    initial: float = option(default=0.25, minimum=-1.0, maximum=1.0, doc="Slope below zero at the start.")
    per_unit: bool = option(default=False, doc="Learn a slope for each unit instead of one for the layer; needs (batch, features).")

    def lower(self, shape: Shape) -> Module:
        slopes = known(self.output_shape(shape).last) if self.per_unit else 1
        return Module("nn.PReLU", (slopes,), {"init": self.initial}, weights={"weight": (slopes,)})

    def output_shape(self, shape: Shape) -> Shape:
        if self.per_unit and shape.rank != 1:  # PyTorch counts slopes along the axis after the batch, which is the last one only here
            raise ShapeFault("(batch, features) for a slope per unit", str(shape), help="flatten first", inputs=(0,), option="per_unit")
        return shape
