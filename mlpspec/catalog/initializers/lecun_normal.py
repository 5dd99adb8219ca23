"""LeCun's normal initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class LecunNormal(Initializer):
    """Normal with standard deviation sqrt(1 / fan_in); the one that selu wants.

    Not truncated (Keras cuts it at two standard deviations, widened so that the variance stays).
    Source: LeCun et al. 1998, Klambauer et al. 2017; torch.nn.init.kaiming_normal_.
    """

    kind = "lecun_normal"
    needs_fans = True

    def lower(self) -> Init:
        return Init("nn.init.kaiming_normal_", {"nonlinearity": "linear"})
