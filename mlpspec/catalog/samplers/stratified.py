"""Every batch with its share of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.samplers.base import ByClass, known

if TYPE_CHECKING:
    import numpy as np


@final
class Stratified(ByClass):
    """Every training row once, in a new order every epoch in which each batch has its share of every class, to about a row.

    The shuffled rows of a class are spread evenly over the epoch. A rare class is then in as many batches as it can be, and the steps'
    gradients differ less.
    """

    kind = "stratified"
    main = "by"

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        import numpy as np

        by = known(by)
        shuffled = generator.permutation(rows)
        counts = np.bincount(by)
        grouped = shuffled[np.argsort(by[shuffled], kind="stable")]
        rank = np.arange(rows) - np.repeat(np.cumsum(counts) - counts, counts)
        place = (rank + np.repeat(generator.random(len(counts)), counts)) / np.repeat(counts, counts)
        return grouped[np.argsort(place, kind="stable")]
