"""Clipping in proportion to the weights."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.clippings.base import Clipping
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class Adaptive(Clipping):
    """Adaptive gradient clipping: the gradient of a unit is at most `ratio` times the norm of its weights.

    A unit is a row of a matrix, and a vector as a whole: g := g * min(1, ratio * max(|w|, epsilon) / |g|), with the norms of the unit. The
    paper leaves the last layer free; so do heads here unless `heads` is true.
    Source: Brock et al. 2021 (High-Performance Large-Scale Image Recognition Without Normalization), equation 3.
    """

    kind = "adaptive"
    main = "ratio"
    aliases = ("agc",)

    ratio: float = option(default=0.01, above=0.0, maximum=1e6, doc="The largest norm of a gradient, as a share of the weights' norm.")
    epsilon: float = option(default=1e-3, above=0.0, maximum=1.0, doc="The least norm that weights count as, so that zeros can grow.")
    heads: bool = option(default=False, doc="Clip the heads' gradients too.")

    @property
    def spares_heads(self) -> bool:
        return not self.heads

    def lower(self) -> Function:
        return Function("clipping.clip_grad_adaptive_", (), {"ratio": self.ratio, "eps": self.epsilon})
