"""An activation as a layer of its own."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class ActivationLayer(Layer):
    """Applies an activation to every value.

    Input: (batch, ...). Output: the same shape (maxout: the last axis divided by its pieces). Parameters: those of the activation.
    """

    kind = "activation"
    main = "function"

    function: Activation = option(doc="Which activation.", examples=("relu",))

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.function.output_shape(inputs[0])

    def lower(self, *inputs: Shape) -> Module:
        return self.function.lower(inputs[0])
