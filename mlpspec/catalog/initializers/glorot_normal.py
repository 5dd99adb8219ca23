"""Glorot's normal initialization, also called Xavier's."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class GlorotNormal(Initializer):
    """Normal with standard deviation sqrt(2 / (fan_in + fan_out)): keeps the size of signals and gradients through tanh and sigmoid layers.

    Not truncated, as in PyTorch (Keras cuts it at two standard deviations, widened so that the variance stays).
    Source: Glorot and Bengio 2010; torch.nn.init.xavier_normal_.
    """

    kind = "glorot_normal"
    aliases = ("xavier_normal",)
    needs_fans = True

    def lower(self) -> Init:
        return Init("nn.init.xavier_normal_")
