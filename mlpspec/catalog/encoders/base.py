"""What every encoder of categories is."""

from __future__ import annotations

from mlpspec.catalog.entry import Entry
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.graph import Operation
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Shape


class Encoder(Entry):
    """How categories become numbers. Codes: 0 is unknown, 1 to n the known categories of a column."""

    def program(self, chain: Chain, codes: list[str], sizes: list[int]) -> None:
        """Append the steps from each column's codes, (batch, 1) int64 with `sizes` known categories, to the network's input."""
        raise NotImplementedError(type(self).__name__)

    def network_input(self, input_name: str, facts: InputFacts | None, columns: int | None) -> tuple[Shape, str]:
        """The shape and dtype (`float32`, `int64`) of what the program gives; `facts` and `columns` are None while unknown."""
        raise NotImplementedError(type(self).__name__)

    def operation(self, input_name: str, facts: InputFacts | None) -> Operation | None:
        """What the network itself does first with that input (an embedding), or None."""
        return None
