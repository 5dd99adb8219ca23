"""Clipping number by number."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.clippings.base import Clipping
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class Value(Clipping):
    """g := min(limit, max(-limit, g)) for every number of every gradient; the direction may change.

    Source: torch.nn.utils.clip_grad_value_.
    """

    kind = "value"
    main = "limit"
    divides = True

    limit: float = option(default=1.0, above=0.0, maximum=1e30, doc="The largest absolute value.", examples=(0.5,))

    def lower(self) -> Function:
        return Function("nn.utils.clip_grad_value_", (), {"clip_value": self.limit})
