"""Numbers from other rows."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import Augmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class Swap(Augmentation):
    """Each number is replaced with probability `share` by that of another row of the step, in the same column.

    What comes in is a value that the column really has, whatever its distribution.
    Source: swap noise, as in Yoon et al. 2020 (VIME).
    """

    kind = "swap"
    main = "share"
    inputs = frozenset({"numeric"})

    share: float = option(default=0.1, above=0.0, below=1.0, doc="Probability that a number is replaced.", examples=(0.1,))

    def lower(self) -> Function:
        return Function("augmentations.swap", (Input(0),), {"share": self.share})
