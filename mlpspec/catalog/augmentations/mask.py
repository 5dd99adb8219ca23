"""Numbers that are hidden."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import Augmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Mask(Augmentation):
    """Each number of each row becomes 0 with probability `share`; the others stay as they are (dropout would make them larger).

    0 is the mean of a standardized column, and an unknown category, one-hot or embedded.
    Source: the denoising autoencoder's masking noise, Vincent et al. 2010.
    """

    kind = "mask"
    main = "share"
    inputs = frozenset({"numeric", "category", "datetime", "tensor"})

    share: float = option(default=0.1, above=0.0, below=1.0, doc="Probability that a number is hidden.", examples=(0.1,))

    def lower(self) -> Function:
        return Function("augmentations.mask", (Input(0),), {"share": self.share})
