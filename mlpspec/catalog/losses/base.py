"""What every loss is."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Function


class Loss(Entry):
    """What training makes small. `targets` are the kinds of target it suits.

    It takes the head's output and the encoded target: (batch, classes) logits and (batch,) int64 for category; (batch, 1) logits and
    (batch, 1) of 0.0 and 1.0 for binary; (batch, labels) and (batch, labels) of the same for multilabel; (batch, columns) and
    (batch, columns) of scaled numbers for numeric, or (batch, columns * levels) and (batch, columns) where the loss has levels.
    """

    targets: ClassVar[frozenset[str]]

    weight_argument: ClassVar[str] = ""
    """The argument of the call that takes the factors of `FittedTarget.weights`; empty where there is none."""

    weights_divide: ClassVar[bool] = False
    """Whether the mean is one over the weights of the rows, so that it is divided by their sum rather than by the number of rows."""

    @property
    def adds_up(self) -> bool:
        """Whether the loss of a batch is the sum of its rows' errors rather than their mean."""
        return False

    def quantiles(self) -> tuple[float, ...]:
        """The levels of the quantiles that the head gives for each column; none where it gives one number."""
        return ()

    def lower(self) -> Function:
        """The call: `Input(0)` is the head's output, `Input(1)` the encoded target; the result is one number for the batch."""
        raise NotImplementedError(type(self).__name__)
