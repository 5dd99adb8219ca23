"""What every layer is: options, a shape rule, a lowering record."""

from __future__ import annotations

from typing import Annotated, ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import NAME_PATTERN, OneOrMany, option
from mlpspec.ir.lowering import Lowering
from mlpspec.ir.shape import Shape, ShapeFault


class Layer(Entry):
    """A layer. Subclasses give the shape of their output and what they become in PyTorch; shapes are without the batch axis."""

    merges: ClassVar[bool] = False
    """Whether the layer takes several inputs; others take exactly one."""

    name: str | None = option(
        default=None,
        pattern=NAME_PATTERN,
        doc="Name of the layer, for `from:` and in the weights file. Default: its kind and a number.",
        examples=("hidden",),
    )
    from_: Annotated[tuple[str, ...], OneOrMany] = option(
        key="from",
        default=(),
        doc="What the layer reads: names of inputs or earlier layers. Default: the layer above.",
        examples=("left",),
    )
    repeat: int = option(
        default=1,
        minimum=1,
        maximum=1000,
        doc="How many times the layer stands in a row, each with weights of its own.",
        examples=(3,),
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of the output for these inputs.

        Raises:
            ShapeFault: when they do not fit.
        """
        raise NotImplementedError(type(self).__name__)

    def lower(self, *inputs: Shape) -> Lowering:
        """The lowering record for inputs that `output_shape` accepts.

        Raises:
            UnknownSize: when a size that it needs is known only with the data.
        """
        raise NotImplementedError(type(self).__name__)


def features(shape: Shape, layer: str) -> Shape:
    """The shape itself, when a row is a plain vector of features.

    Raises:
        ShapeFault: when it has more axes (or none); the help says to flatten.
    """
    if shape.rank != 1:
        raise ShapeFault("(batch, features)", str(shape), help=f"put `- flatten` before this `{layer}`", inputs=(0,))
    return shape
