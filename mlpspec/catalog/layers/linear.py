"""The affine map y = x W^T + b over the last axis."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init, Module
from mlpspec.ir.shape import Shape, ShapeFault, known


@final
class Linear(Layer):
    """Maps the last axis to `units` features: y = x W^T + b.

    Input: (batch, ..., in). Output: (batch, ..., units). Parameters: in * units, and units with bias.
    Source: torch.nn.Linear.
    """

    kind = "linear"
    main = "units"

    units: int = option(minimum=1, maximum=1_000_000, doc="Size of the last axis of the output.", examples=(64,))
    bias: bool = option(default=True, doc="Add a learned offset.")
    initializer: Initializer | None = option(
        default=None,
        doc="How the weights start. Default: PyTorch's, uniform within 1/sqrt(in).",
        examples=("he_normal",),
    )
    bias_initializer: Initializer | None = option(
        default=None, doc="How the offset starts. Default: PyTorch's, uniform within 1/sqrt(in).", examples=("zeros",)
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        return affine_shape(inputs[0], self.units)

    def lower(self, *inputs: Shape) -> Module:
        return affine(
            known(inputs[0].last),
            self.units,
            bias=self.bias,
            initializer=self.initializer,
            bias_initializer=self.bias_initializer,
        )


def affine_shape(shape: Shape, units: int) -> Shape:
    """(batch, ..., in) to (batch, ..., units)."""
    if shape.rank == 0:
        raise ShapeFault("at least one axis after the batch", str(shape), inputs=(0,))
    return shape.with_last(units)


def affine(
    inputs: int,
    units: int,
    *,
    bias: bool = True,
    initializer: Initializer | None = None,
    bias_initializer: Initializer | None = None,
) -> Module:
    """The record of an affine map, shared by all layers that contain one."""
    weights: dict[str, tuple[int, ...]] = {"weight": (units, inputs)}
    initial: dict[str, Init] = {}
    if initializer is not None:
        initial["weight"] = initializer.lower()
    if bias:
        weights["bias"] = (units,)
        if bias_initializer is not None:
            initial["bias"] = bias_initializer.lower()
    return Module("nn.Linear", (inputs, units), {} if bias else {"bias": False}, weights=weights, initial=initial)
