"""The whole habit in one layer: linear, batch norm, activation, dropout, in that order."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.batchnorm import batch_norm
from mlpspec.catalog.layers.dropout import dropout
from mlpspec.catalog.layers.linear import affine, affine_shape
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module, Stack
from mlpspec.ir.shape import Shape, known


@final
class Dense(Layer):
    """A fully connected layer with what usually follows it: linear, batch norm, activation, dropout, in that order.

    Input: (batch, ..., in). Output: (batch, ..., units). Parameters: those of the linear map, of the batch norm and of the activation.
    The linear map has no bias in front of a batch norm unless `bias: true` asks for it: the norm's own shift does its work.
    Source: Keras Dense; torch.nn.Linear, BatchNorm1d, Dropout.
    """

    kind = "dense"
    main = "units"

    units: int = option(minimum=1, maximum=1_000_000, doc="Size of the last axis of the output.", examples=(64,))
    activation: Activation | None = option(default=None, doc="The nonlinearity. Default: none.", examples=("relu",))
    initializer: Initializer | None = option(
        default=None,
        doc="How the weights start. Default: PyTorch's, uniform within 1/sqrt(in).",
        examples=("he_normal",),
    )
    bias_initializer: Initializer | None = option(
        default=None, doc="How the offset starts. Default: PyTorch's, uniform within 1/sqrt(in).", examples=("zeros",)
    )
    batchnorm: bool = option(default=False, doc="Normalize over the batch before the activation.")
    dropout: float = option(default=0.0, minimum=0.0, below=1.0, doc="Share of the outputs zeroed in training.", examples=(0.2,))
    bias: bool | None = option(default=None, doc="Add a learned offset. Default: true without batch norm, false with it.")

    def output_shape(self, *inputs: Shape) -> Shape:
        between = self._between(affine_shape(inputs[0], self._width))
        return between if self.activation is None else self.activation.output_shape(between)

    def lower(self, *inputs: Shape) -> Stack:
        bias = not self.batchnorm if self.bias is None else self.bias
        between = affine_shape(inputs[0], self._width)
        parts: dict[str, Module] = {
            "linear": affine(
                known(inputs[0].last),
                self._width,
                bias=bias,
                initializer=self.initializer,
                bias_initializer=self.bias_initializer,
            )
        }
        if self.batchnorm:
            parts["batchnorm"] = batch_norm(between)
        if self.activation is not None:
            parts["activation"] = self.activation.lower(between)
        if self.dropout:
            parts["dropout"] = dropout(self.dropout)
        return Stack(parts)

    @property
    def _width(self) -> int:
        return self.units if self.activation is None else self.activation.input_width(self.units)

    def _between(self, shape: Shape) -> Shape:
        if self.batchnorm:
            batch_norm(shape.with_last(self._width))
        return shape
