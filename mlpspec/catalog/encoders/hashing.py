"""A learned vector for each bucket of whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.encoders.base import Encoder
from mlpspec.catalog.encoders.embedding import Embedding
from mlpspec.catalog.option import option
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.graph import Operation
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim, Shape

if TYPE_CHECKING:
    import numpy as np

PRIME = 2**31 - 1
FACTOR, SUMMAND = 1_103_515_245, 12_345
"""Of the hash: any FACTOR from 1 and SUMMAND from 0 below PRIME would do. Products stay below 2^63."""


@final
class Hashing(Encoder):
    """Categories without a list of them: each whole number falls into one of `buckets`, and each bucket has a learned vector.

    Unrelated categories share a bucket now and then; none is unknown, also later. For identifiers of which there are too many to list, or
    ever new ones. Whole numbers only: ONNX has no operator that turns a text into a number by its letters, so that a model file could
    not hash texts, and columns of text are refused. Number them, or use `embedding`, which lists the texts it knows.
    Network input: (batch, columns) int64 codes; after the embedding (batch, columns * size). Parameters: (columns * buckets + 1) * size.
    Source: ((a x + b) mod p) mod buckets, Carter and Wegman 1979, with p = 2^31 - 1.
    """

    kind = "hashing"
    main = "buckets"

    buckets: int = option(default=1024, minimum=2, maximum=1 << 24, doc="How many vectors each column has.", examples=(1024,))
    size: int | None = option(
        default=None,
        minimum=1,
        maximum=4096,
        doc="Numbers in each vector. Default: 1.6 * n^0.56 rounded, at most 50, for n buckets in all.",
        examples=(8,),
    )

    @property
    def hash_buckets(self) -> int:
        return self.buckets

    def offsets(self, sizes: list[int]) -> list[int]:
        return self._embedding.offsets(sizes)

    def program(self, chain: Chain, codes: list[str], sizes: list[int]) -> None:
        self._embedding.program(chain, codes, sizes)

    def width(self, sizes: list[int]) -> int:
        return self._embedding.width(sizes)

    def network_input(self, input_name: str, facts: InputFacts | None, columns: Dim) -> tuple[Shape, str]:
        return self._embedding.network_input(input_name, facts, columns)

    def operation(self, input_name: str, facts: InputFacts | None) -> Operation:
        return self._embedding.operation(input_name, facts)

    @property
    def _embedding(self) -> Embedding:
        return Embedding(size=self.size)


def bucket(numbers: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each number, from 0: int64 of the same shape.

    >>> import numpy as np
    >>> bucket(np.array([0, 1, -1, 2**31 - 1]), 1000)
    array([345, 590, 747, 345])
    """
    import numpy as np

    return (np.mod(numbers, PRIME) * FACTOR + SUMMAND) % PRIME % buckets
