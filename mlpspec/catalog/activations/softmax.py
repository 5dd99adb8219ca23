"""Softmax over the last axis."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, ShapeFault


@final
class Softmax(Activation):
    """exp(x_i) / sum of exp(x_j) over the last axis: positive numbers that add up to 1.

    Derivative of output i by input j: p_i * (1 - p_i) for i = j, -p_i * p_j otherwise. Saturates when one value is far above the rest.
    A head needs none: its loss is calculated from the logits, and the exported model applies softmax itself.
    Source: Bridle 1990; torch.nn.Softmax.
    """

    kind = "softmax"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.Softmax", (), {"dim": -1})

    def output_shape(self, shape: Shape) -> Shape:
        if shape.rank == 0:
            raise ShapeFault("at least one axis after the batch", str(shape), inputs=(0,))
        return shape
