"""The head: the last affine map, as wide as its target needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.layers.base import Layer, features
from mlpspec.catalog.layers.linear import affine
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Dim, Shape, known


@final
class Head(Layer):
    """Answers a target: an affine map to as many numbers as the target needs.

    Input: (batch, features). Output: (batch, outputs): the classes' logits, one logit, or the target's (scaled) numbers.
    Parameters: features * outputs + outputs. Loss and output activation follow from the target's type.
    """

    kind = "head"
    main = "target"

    target: str = option(doc="Name of the target it answers.", examples=("species",))
    initializer: Initializer | None = option(
        default=None,
        doc="How the weights start. Default: PyTorch's, uniform within 1/sqrt(in).",
        examples=("glorot_uniform",),
    )
    bias_initializer: Initializer | None = option(
        default=None, doc="How the offset starts. Default: PyTorch's, uniform within 1/sqrt(in).", examples=("zeros",)
    )

    def answering(self, outputs: Dim) -> SizedHead:
        """The head of a target that needs `outputs` numbers."""
        return SizedHead(self, outputs)

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.answering(f"{self.target}.outputs").output_shape(*inputs)

    def lower(self, *inputs: Shape) -> Module:
        return self.answering(f"{self.target}.outputs").lower(*inputs)


@dataclass(frozen=True)
class SizedHead:
    """A head that knows how many numbers its target needs."""

    head: Head
    outputs: Dim
    kind: ClassVar[str] = "head"

    def output_shape(self, *inputs: Shape) -> Shape:
        """(batch, features) to (batch, outputs)."""
        features(inputs[0], self.kind)
        return Shape((self.outputs,))

    def lower(self, *inputs: Shape) -> Module:
        """The affine map."""
        head = self.head
        return affine(
            known(inputs[0].last),
            known(self.outputs),
            initializer=head.initializer,
            bias_initializer=head.bias_initializer,
        )
