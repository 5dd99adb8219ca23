"""The mean of inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.elementwise import Elementwise
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Average(Elementwise):
    """The mean of its inputs, element by element: (a + b + ...) / n.

    Input: several (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: Keras Average.
    """

    kind = "average"

    def lower(self, *inputs: Shape) -> Module:
        return Module("Average")
