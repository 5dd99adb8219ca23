"""The largest of inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.elementwise import Elementwise
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Maximum(Elementwise):
    """The largest of its inputs, element by element.

    Input: several (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: torch.maximum; Keras Maximum.
    """

    kind = "maximum"

    def lower(self, *inputs: Shape) -> Module:
        return Module("Maximum")
