"""Clipping by the norm of all gradients together."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.clippings.base import Clipping
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class Norm(Clipping):
    """g := g * min(1, limit / (|g| + 1e-6)), where |g| is the Euclidean norm of all gradients together: the direction stays.

    Source: Pascanu et al. 2013; torch.nn.utils.clip_grad_norm_.
    """

    kind = "norm"
    main = "limit"
    divides = True

    limit: float = option(default=1.0, above=0.0, maximum=1e30, doc="The largest norm.", examples=(1.0,))

    def lower(self) -> Function:
        return Function("nn.utils.clip_grad_norm_", (), {"max_norm": self.limit})
