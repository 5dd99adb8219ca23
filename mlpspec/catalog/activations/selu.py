"""The scaled exponential linear unit."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.lowering import Module
from mlpspec.ir.shape import Shape


@final
class Selu(Activation):
    """1.0507 x above zero, 1.0507 * 1.6733 * (exp(x) - 1) below: deep stacks keep mean 0 and variance 1 by themselves.

    Derivative: 1.0507 above zero, 1.7581 exp(x) below. Saturates at -1.7581 for very negative x.
    It keeps that promise with `lecun_normal` weights, scaled inputs and no batch norm.
    Source: Klambauer et al. 2017; torch.nn.SELU.
    """

    kind = "selu"

    def lower(self, shape: Shape) -> Module:
        return Module("nn.SELU")
