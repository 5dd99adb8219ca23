"""The leaky rectified linear unit."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class LeakyRelu(Activation):
    """max(0, x) + negative_slope * min(0, x).

    Derivative: `negative_slope` below zero, 1 above. It neither saturates nor dies: a gradient always passes.
    The default is PyTorch's; Keras has 0.2 for the function and 0.3 for the layer.
    Source: Maas et al. 2013; torch.nn.LeakyReLU.
    """

    kind = "leaky_relu"
    main = "negative_slope"

    negative_slope: float = option(default=0.01, minimum=0.0, maximum=1.0, doc="Slope below zero.", examples=(0.02,))

    def lower(self, shape: Shape) -> Module:
        return Module("nn.LeakyReLU", (), {"negative_slope": self.negative_slope})
