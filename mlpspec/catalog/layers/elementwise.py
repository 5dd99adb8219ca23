"""What layers that merge equal shapes element by element have in common."""

from __future__ import annotations

from mlpspec.catalog.layers.base import Layer
from mlpspec.ir.shape import Dim, Shape, ShapeFault, differ


class Elementwise(Layer):
    """A layer that merges several inputs of one shape into that shape."""

    merges = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return equal_shapes(*inputs)


def equal_shapes(*inputs: Shape) -> Shape:
    """The shape that all inputs have; a size that one of them knows is known.

    Raises:
        ShapeFault: when there are fewer than two inputs, or two certainly differ.
    """
    if len(inputs) < 2:
        raise ShapeFault("at least two inputs", str(len(inputs)), help="list them: `from: [left, right]`")
    merged = inputs[0]
    for index, shape in enumerate(inputs[1:], start=1):
        if shape.rank != merged.rank or any(map(differ, shape.dims, merged.dims)):
            culprit = _differs_from(shape, inputs[:index])
            raise ShapeFault("equal shapes", f"{inputs[culprit]} and {shape}", help="give both the same sizes", inputs=(culprit, index))
        merged = Shape(tuple(map(_more_certain, merged.dims, shape.dims)))
    return merged


def exactly_two(*inputs: Shape) -> None:
    """Nothing, for two inputs.

    Raises:
        ShapeFault: for any other number.
    """
    if len(inputs) != 2:
        raise ShapeFault("exactly two inputs", str(len(inputs)), help="list them: `from: [left, right]`")


def _more_certain(a: Dim, b: Dim) -> Dim:
    return a if isinstance(a, int) else b if isinstance(b, int) else a


def _differs_from(shape: Shape, earlier: tuple[Shape, ...]) -> int:
    """The position of the earlier input that the shape certainly differs from."""
    return next(index for index, other in enumerate(earlier) if other.rank != shape.rank or any(map(differ, other.dims, shape.dims)))
