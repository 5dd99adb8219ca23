"""All zeros."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class Zeros(Initializer):
    """0 everywhere: the usual start of an offset. As weights it never breaks the symmetry between units, so that they all learn the same.

    Source: torch.nn.init.zeros_.
    """

    kind = "zeros"

    def lower(self) -> Init:
        return Init("nn.init.zeros_")
