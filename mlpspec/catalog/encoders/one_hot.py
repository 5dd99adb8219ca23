"""One position for each category."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.encoders.base import Encoder, joined
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim, Shape


@final
class OneHot(Encoder):
    """A 1 at the category's position and zeros elsewhere; an unknown category is all zeros. Columns stand side by side.

    Network input: (batch, sum of the columns' known categories) float32.
    Source: scikit-learn's OneHotEncoder(handle_unknown="ignore").
    """

    kind = "one_hot"

    def program(self, chain: Chain, codes: list[str], sizes: list[int]) -> None:
        joined(chain, [chain.step("one_hot", code, depth=size) for code, size in zip(codes, sizes, strict=True)])

    def width(self, sizes: list[int]) -> int:
        return sum(sizes)

    def network_input(self, input_name: str, facts: InputFacts | None, columns: Dim) -> tuple[Shape, str]:
        return Shape((f"{input_name}.categories" if facts is None else facts.width,)), "float32"
