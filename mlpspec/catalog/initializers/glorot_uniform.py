"""Glorot's uniform initialization, also called Xavier's."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class GlorotUniform(Initializer):
    """Uniform within ±sqrt(6 / (fan_in + fan_out)): keeps the size of signals and gradients through tanh and sigmoid layers.

    Keras's default for dense layers; PyTorch and Keras agree.
    Source: Glorot and Bengio 2010; torch.nn.init.xavier_uniform_.
    """

    kind = "glorot_uniform"
    aliases = ("xavier_uniform",)
    needs_fans = True

    def lower(self) -> Init:
        return Init("nn.init.xavier_uniform_")
