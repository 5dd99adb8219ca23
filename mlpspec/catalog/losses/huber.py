"""Huber's loss: squared for small errors, absolute for large ones."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Huber(Loss):
    """(y - f)^2 / 2 where |y - f| is at most `delta`, delta * (|y - f| - delta / 2) beyond; averaged over the batch and its columns.

    The error is that of the scaled target: with standardized targets, delta 1 is one standard deviation.
    Source: Huber 1964; torch.nn.functional.huber_loss.
    """

    kind = "huber"
    main = "delta"
    targets = frozenset({"numeric"})

    delta: float = option(default=1.0, above=0.0, maximum=1e6, doc="Where the parabola becomes a straight line.", examples=(1.35,))
    reduction: Literal["mean", "sum"] = option(default="mean", doc="Average the errors of a batch, or add them up.")

    @property
    def adds_up(self) -> bool:
        return self.reduction == "sum"

    def lower(self) -> Function:
        return Function("F.huber_loss", (Input(0), Input(1)), {"delta": self.delta, "reduction": self.reduction})
