"""Every row once, in a new order each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.samplers.base import Sampler

if TYPE_CHECKING:
    import numpy as np


@final
class Shuffle(Sampler):
    """Every training row once, in a new order every epoch; what a spec without `sampling` does.

    Source: NumPy's Generator.permutation.
    """

    kind = "shuffle"
    goes_by_chunks = True

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        return generator.permutation(rows)
