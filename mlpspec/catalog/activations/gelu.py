"""The Gaussian error linear unit."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Gelu(Activation):
    """x * Phi(x), where Phi is the distribution function of the standard normal.

    Derivative: Phi(x) + x * phi(x), with the normal density phi; above 1 beyond 0.75 (up to 1.13), slightly negative below -0.75.
    Saturates at 0 for very negative x.
    `tanh` is the older approximation x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), within 0.0005 of it.
    Source: Hendrycks and Gimpel 2016; torch.nn.GELU.
    """

    kind = "gelu"
    main = "approximate"

    approximate: Literal["none", "tanh"] = option(default="none", doc="Exact (`none`), or approximated with `tanh`.")

    def lower(self, shape: Shape) -> Module:
        return Module("nn.GELU", (), {"approximate": self.approximate})
