"""The same number everywhere."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class Constant(Initializer):
    """`value` everywhere. As weights it never breaks the symmetry between units, so that they all learn the same.

    Source: torch.nn.init.constant_.
    """

    kind = "constant"
    main = "value"

    value: float = option(minimum=-1e6, maximum=1e6, doc="The number.", examples=(0.1,))

    def lower(self) -> Init:
        return Init("nn.init.constant_", {"val": self.value})
