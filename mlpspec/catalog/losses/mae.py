"""Absolute error."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Mae(Loss):
    """|y - f| of the scaled target, averaged over the batch and its columns; with `reduction: sum` added up (the L1 loss of the books).

    Outliers pull less than with mse; the answer tends to the median.
    Source: torch.nn.functional.l1_loss.
    """

    kind = "mae"
    main = "reduction"
    aliases = ("mean_absolute_error",)
    targets = frozenset({"numeric"})

    reduction: Literal["mean", "sum"] = option(default="mean", doc="Average the errors of a batch, or add them up.")

    @property
    def adds_up(self) -> bool:
        return self.reduction == "sum"

    def lower(self) -> Function:
        return Function("F.l1_loss", (Input(0), Input(1)), {"reduction": self.reduction})
