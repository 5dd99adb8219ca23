"""Layer normalization over the last axis."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape, ShapeFault, known


@final
class LayerNorm(Layer):
    """Normalizes each row over its last axis, then scales and shifts each feature by learned numbers.

    Input: (batch, ..., features). Output: the same shape. Parameters: 2 * features.
    Training and inference do the same: no running averages, no dependence on the batch. PyTorch's epsilon is 1e-5, Keras's 1e-3.
    Source: Ba et al. 2016; torch.nn.LayerNorm.
    """

    kind = "layernorm"

    epsilon: float = option(default=1e-5, above=0.0, maximum=1.0, doc="Added to the variance, against division by zero.")

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        if shape.rank == 0:
            raise ShapeFault("at least one axis after the batch", str(shape), inputs=(0,))
        return shape

    def lower(self, *inputs: Shape) -> Module:
        width = known(inputs[0].last)
        return Module("nn.LayerNorm", (width,), {"eps": self.epsilon}, weights={"weight": (width,), "bias": (width,)})
