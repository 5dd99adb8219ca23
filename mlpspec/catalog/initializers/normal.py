"""Normal initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class Normal(Initializer):
    """Normal with a mean and a standard deviation that do not depend on the layer.

    The default is Keras's RandomNormal; PyTorch's normal_ has standard deviation 1.
    Source: torch.nn.init.normal_.
    """

    kind = "normal"
    main = "std"

    std: float = option(default=0.05, above=0.0, maximum=1000.0, doc="Standard deviation.", examples=(0.01,))
    mean: float = option(default=0.0, minimum=-1000.0, maximum=1000.0, doc="Mean.")

    def lower(self) -> Init:
        return Init("nn.init.normal_", {"mean": self.mean, "std": self.std})
