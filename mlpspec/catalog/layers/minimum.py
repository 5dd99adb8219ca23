"""The smallest of inputs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.elementwise import Elementwise
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Minimum(Elementwise):
    """The smallest of its inputs, element by element.

    Input: several (batch, ...) of one shape. Output: that shape. Parameters: none.
    Source: torch.minimum; Keras Minimum.
    """

    kind = "minimum"

    def lower(self, *inputs: Shape) -> Module:
        return Module("Minimum")
