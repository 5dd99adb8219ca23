"""Batch normalization of features."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer, features
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, known


@final
class BatchNorm(Layer):
    """Normalizes each feature over the batch, then scales and shifts it by learned numbers; at inference by running averages.

    Input: (batch, features). Output: the same shape. Parameters: 2 * features.
    `momentum` is PyTorch's: the weight of the newest batch in the running averages (Keras's momentum is one minus it).
    Source: Ioffe and Szegedy 2015; torch.nn.BatchNorm1d.
    """

    kind = "batchnorm"

    momentum: float = option(default=0.1, above=0.0, maximum=1.0, doc="Weight of the newest batch in the running averages.")
    epsilon: float = option(default=1e-5, above=0.0, maximum=1.0, doc="Added to the variance, against division by zero.")

    def output_shape(self, *inputs: Shape) -> Shape:
        return features(inputs[0], self.kind)

    def lower(self, *inputs: Shape) -> Module:
        return batch_norm(inputs[0], momentum=self.momentum, epsilon=self.epsilon)


def batch_norm(shape: Shape, *, momentum: float = 0.1, epsilon: float = 1e-5) -> Module:
    """The record of a batch norm, shared by all layers that contain one.

    Raises:
        ShapeFault: when a row is not a plain vector of features.
    """
    width = known(features(shape, "batchnorm").last)
    return Module(
        "nn.BatchNorm1d",
        (width,),
        {"momentum": momentum, "eps": epsilon},
        weights={"weight": (width,), "bias": (width,)},
    )
