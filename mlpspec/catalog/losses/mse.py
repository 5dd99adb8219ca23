"""Squared error."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Mse(Loss):
    """(y - f)^2 of the scaled target, averaged over the batch and its columns; with `reduction: sum` added up (the L2 loss of the books).

    A sum makes the gradient grow with the batch: choose a smaller learning rate.
    Source: torch.nn.functional.mse_loss.
    """

    kind = "mse"
    main = "reduction"
    aliases = ("mean_squared_error",)
    targets = frozenset({"numeric"})

    reduction: Literal["mean", "sum"] = option(default="mean", doc="Average the errors of a batch, or add them up.")

    @property
    def adds_up(self) -> bool:
        return self.reduction == "sum"

    def lower(self) -> Function:
        return Function("F.mse_loss", (Input(0), Input(1)), {"reduction": self.reduction})
