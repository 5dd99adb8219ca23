"""A learned vector for each category."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, final

from mlpspec.catalog.encoders.base import Encoder, joined
from mlpspec.catalog.option import option
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.graph import Operation
from mlpspec.ir.lowering import Module, Stack
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim, Shape, known, product

LARGEST_DEFAULT = 50


@final
class Embedding(Encoder):
    """A learned vector of `size` numbers for each category; an unknown category is all zeros. Columns stand side by side.

    All columns share one table of vectors, each with its own rows in it.
    Network input: (batch, columns) int64 codes; after the embedding (batch, columns * size). Parameters: (known categories + 1) * size.
    Source: torch.nn.Embedding; the default size is fastai's rule.
    """

    kind = "embedding"
    main = "size"

    size: int | None = option(
        default=None,
        minimum=1,
        maximum=4096,
        doc="Numbers in each vector. Default: 1.6 * n^0.56 rounded, at most 50, for n known categories.",
        examples=(8,),
    )

    def offsets(self, sizes: list[int]) -> list[int]:
        return [0, *accumulate(sizes[:-1])]

    def program(self, chain: Chain, codes: list[str], sizes: list[int]) -> None:
        joined(chain, codes)

    def width(self, sizes: list[int]) -> int:
        return len(sizes) * self._size(sum(sizes))

    def network_input(self, input_name: str, facts: InputFacts | None, columns: Dim) -> tuple[Shape, str]:
        return Shape((columns if facts is None else facts.columns,)), "int64"

    def operation(self, input_name: str, facts: InputFacts | None) -> Operation:
        if facts is None:
            return Embed(f"{input_name}.categories", f"{input_name}.size" if self.size is None else self.size)
        return Embed(facts.vocabulary, self._size(facts.vocabulary))

    def _size(self, vocabulary: int) -> int:
        return default_size(vocabulary) if self.size is None else self.size


def default_size(vocabulary: int) -> int:
    """How many numbers a vector has when the spec does not tell: a slow root of the number of categories, between 1 and 50.

    >>> default_size(1), default_size(10), default_size(1_000_000)
    (2, 6, 50)
    """
    return max(1, min(LARGEST_DEFAULT, round(1.6 * vocabulary**0.56)))


@dataclass(frozen=True)
class Embed:
    """The embedding as the network's operation: codes (batch, columns) to vectors side by side (batch, columns * size)."""

    vocabulary: Dim
    size: Dim
    kind: ClassVar[str] = "embedding"

    def output_shape(self, *inputs: Shape) -> Shape:
        """(batch, columns) to (batch, columns * size)."""
        return Shape((product((inputs[0].last, self.size)),))

    def lower(self, *inputs: Shape) -> Stack:
        """A table with a row for every known category and, first, a row of zeros for unknown ones."""
        table = (known(self.vocabulary) + 1, known(self.size))
        return Stack(
            {
                "embedding": Module("nn.Embedding", table, {"padding_idx": 0}, weights={"weight": table}),
                "flatten": Module("nn.Flatten"),
            }
        )
