"""Dropout: zero a share of the values in training, pass everything through afterwards."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Dropout(Layer):
    """Zeroes each value with probability `rate` in training and scales the rest by 1 / (1 - rate).

    Input: (batch, ...). Output: the same shape. Parameters: none.
    Source: Srivastava et al. 2014; torch.nn.Dropout.
    """

    kind = "dropout"
    main = "rate"

    rate: float = option(minimum=0.0, below=1.0, doc="Share of the values zeroed in training.", examples=(0.5,))

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def lower(self, *inputs: Shape) -> Module:
        return dropout(self.rate)


def dropout(rate: float) -> Module:
    """The record of a dropout, shared by all layers that contain one."""
    return Module("nn.Dropout", (), {"p": rate})
