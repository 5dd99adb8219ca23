"""What every encoder of categories is."""

from __future__ import annotations

from mlpspec.catalog.entry import Entry
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.graph import Operation
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim, Shape


class Encoder(Entry):
    """How categories become numbers. Codes: 0 is unknown; the category i of column j, both from 0, is `offsets[j] + 1 + i`."""

    @property
    def hash_buckets(self) -> int | None:
        """How many buckets a column's whole numbers fall into; None where categories are listed."""
        return None

    def offsets(self, sizes: list[int]) -> list[int]:
        """What is added to the codes of each column; `sizes` are the columns' numbers of known categories."""
        return [0] * len(sizes)

    def program(self, chain: Chain, codes: list[str], sizes: list[int]) -> None:
        """Append the steps from each column's codes, (batch, 1) int64, to the network's input, and make it the chain's last value."""
        raise NotImplementedError(type(self).__name__)

    def width(self, sizes: list[int]) -> int:
        """How many numbers a row has once encoded, by the program and the network's own operation."""
        raise NotImplementedError(type(self).__name__)

    def network_input(self, input_name: str, facts: InputFacts | None, columns: Dim) -> tuple[Shape, str]:
        """The shape and dtype (`float32`, `int64`) of what the program gives; sizes are names while `facts` is None."""
        raise NotImplementedError(type(self).__name__)

    def operation(self, input_name: str, facts: InputFacts | None) -> Operation | None:
        """What the network itself does first with that input (an embedding), or None."""
        return None


def joined(chain: Chain, values: list[str]) -> None:
    """Make the values side by side the last value of the chain."""
    chain.last = values[0] if len(values) == 1 else chain.step("concat", *values)
