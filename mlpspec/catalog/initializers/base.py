"""What every initializer is."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Init


class Initializer(Entry):
    """How a weight tensor starts. Docstrings give the distribution; fan_in and fan_out are the inputs and outputs of a unit."""

    needs_fans: ClassVar[bool] = False
    """Whether the tensor must have two axes, outputs and inputs: such an initializer suits weights, not offsets."""

    def lower(self) -> Init:
        """The call that fills the tensor in place."""
        raise NotImplementedError(type(self).__name__)
