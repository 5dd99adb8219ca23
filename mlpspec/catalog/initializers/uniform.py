"""Uniform initialization."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Init


@final
class Uniform(Initializer):
    """Uniform between `low` and `high`.

    The default is Keras's RandomUniform; PyTorch's uniform_ goes from 0 to 1.
    Source: torch.nn.init.uniform_.
    """

    kind = "uniform"

    low: float = option(default=-0.05, minimum=-1000.0, maximum=1000.0, doc="Least value.")
    high: float = option(default=0.05, minimum=-1000.0, maximum=1000.0, doc="Greatest value.")

    def problem(self) -> str | None:
        if self.low >= self.high:
            return f"`low` is {self.low} and `high` is {self.high}: give `low` the smaller number"
        return None

    def lower(self) -> Init:
        return Init("nn.init.uniform_", {"a": self.low, "b": self.high})
