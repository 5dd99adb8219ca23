"""The weights of another layer, used again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.graph import Operation
from mlpspec.ir.lowering import Reuse
from mlpspec.ir.shape import Shape


@final
class Share(Layer):
    """Calls another layer again, weights and all, on another input (a siamese branch, a tied encoder).

    Input: the shape that the other layer reads. Output: the shape that it gives. Parameters: none of its own.
    """

    kind = "share"
    main = "of"

    of: str = option(doc="Name of the layer whose weights are used.", examples=("encoder",))


@dataclass(frozen=True)
class SharedOperation:
    """A second call of the node `of`, whose operation is `operation`."""

    of: str
    operation: Operation
    kind: ClassVar[str] = "share"

    def output_shape(self, *inputs: Shape) -> Shape:
        """That of the other operation."""
        return self.operation.output_shape(*inputs)

    def lower(self, *inputs: Shape) -> Reuse:
        """A call of the other node's module."""
        return Reuse(self.of)
