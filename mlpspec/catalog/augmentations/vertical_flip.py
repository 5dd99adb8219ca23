"""Images turned upside down."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input


@final
class VerticalFlip(ImageAugmentation):
    """The image with top and bottom exchanged, with a probability: for pictures from above, cells, textures."""

    kind = "vertical_flip"
    main = "probability"

    probability: float = option(default=0.5, above=0.0, maximum=1.0, doc="How likely it is for an image.", examples=(0.5,))

    def lower(self) -> Function:
        return Function("augmentations.flip", (Input(0),), {"axis": -2, "probability": self.probability})
