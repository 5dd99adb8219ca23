"""What every clipping is."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Function


class Clipping(Entry):
    """How gradients that are too large are made smaller before the optimizer sees them."""

    divides: ClassVar[bool] = False
    """Whether it clips gradients that are DTensors, of which each process has a part, as it clips whole ones."""

    @property
    def spares_heads(self) -> bool:
        """Whether the weights of heads are left as they are."""
        return False

    def lower(self) -> Function:
        """A function in torch that changes the gradients of a list of parameters in place, the list left out of its arguments."""
        raise NotImplementedError(type(self).__name__)
