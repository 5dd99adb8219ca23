"""Random numbers on top."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import Augmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Noise(Augmentation):
    """x + std * e, with e from a standard normal distribution, drawn anew for every number of every row.

    `std` is in the units of the scaled input: with `standardize`, 0.1 is a tenth of the column's standard deviation. For linear models
    it is weight decay by another name (Bishop 1995).
    """

    kind = "noise"
    main = "std"
    inputs = frozenset({"numeric", "tensor"})

    std: float = option(default=0.1, above=0.0, maximum=1e6, doc="Standard deviation of what is added.", examples=(0.1,))

    def lower(self) -> Function:
        return Function("augmentations.noise", (Input(0),), {"std": self.std})
