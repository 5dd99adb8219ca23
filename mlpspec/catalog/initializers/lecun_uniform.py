"""LeCun's uniform initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class LecunUniform(Initializer):
    """Uniform within ±sqrt(3 / fan_in): variance 1 / fan_in.

    Keras has it by this name; PyTorch as the Kaiming initialization for a linear layer. They agree.
    Source: LeCun et al. 1998; torch.nn.init.kaiming_uniform_.
    """

    kind = "lecun_uniform"
    needs_fans = True

    def lower(self) -> Init:
        return Init("nn.init.kaiming_uniform_", {"nonlinearity": "linear"})
