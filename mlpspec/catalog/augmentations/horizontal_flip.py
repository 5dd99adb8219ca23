"""Images mirrored from left to right."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class HorizontalFlip(ImageAugmentation):
    """The image as in a mirror, left and right exchanged, with a probability. Not for what tells left from right, such as letters."""

    kind = "horizontal_flip"
    main = "probability"

    probability: float = option(default=0.5, above=0.0, maximum=1.0, doc="How likely it is for an image.", examples=(0.5,))

    def lower(self) -> Function:
        return Function("augmentations.flip", (Input(0),), {"axis": -1, "probability": self.probability})
