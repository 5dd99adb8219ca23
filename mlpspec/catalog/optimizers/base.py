"""What every optimizer is."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Function


class Optimizer(Entry):
    """How gradients change the weights. Every entry has an option `learning_rate`."""

    divides: ClassVar[bool] = False
    """Whether each number of a weight is updated by itself, so that a part of a weight is updated as a whole one is."""

    learning_rate: float

    def lower(self) -> Function:
        """The class in `torch.optim` with its arguments, the parameters left out: `Function("torch.optim.Adam", (), {"lr": 0.001})`."""
        raise NotImplementedError(type(self).__name__)
