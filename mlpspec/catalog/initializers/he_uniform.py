"""He's uniform initialization, also called Kaiming's."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class HeUniform(Initializer):
    """Uniform within ±sqrt(6 / fan_in): keeps the size of signals through ReLU layers.

    PyTorch and Keras agree; `mode: fan_out`, which keeps the size of gradients instead, is PyTorch's only.
    Source: He et al. 2015; torch.nn.init.kaiming_uniform_.
    """

    kind = "he_uniform"
    main = "mode"
    aliases = ("kaiming_uniform",)
    needs_fans = True

    mode: Literal["fan_in", "fan_out"] = option(
        default="fan_in",
        doc="What keeps its size: the signals on the way forward (fan_in), or the gradients on the way back (fan_out).",
    )

    def lower(self) -> Init:
        return Init("nn.init.kaiming_uniform_", {"mode": self.mode, "nonlinearity": "relu"})
