"""What every activation is."""

from __future__ import annotations

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


class Activation(Entry):
    """A nonlinearity applied to every value. Docstrings give the formula, the derivative, and where it saturates or dies."""

    def lower(self, shape: Shape) -> Module:
        """The lowering record for an input of that shape."""
        raise NotImplementedError(type(self).__name__)

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the output: that of the input unless the activation says otherwise."""
        return shape

    def input_width(self, units: int) -> int:
        """How wide the last axis before it must be for `units` behind it."""
        return units
