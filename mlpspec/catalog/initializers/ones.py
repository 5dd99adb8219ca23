"""All ones."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.ir.lowering import Init


@final
class Ones(Initializer):
    """1 everywhere. As weights it never breaks the symmetry between units, so that they all learn the same.

    Source: torch.nn.init.ones_.
    """

    kind = "ones"

    def lower(self) -> Init:
        return Init("nn.init.ones_")
