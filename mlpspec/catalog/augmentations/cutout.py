"""Images with a hole."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input
from mlpspec.ir.shape import ShapeFault


@final
class Cutout(ImageAugmentation):
    """A square of `size` pixels becomes 0, in all channels; its centre is any pixel, so that a part of it may lie outside.

    Source: DeVries and Taylor 2017.
    """

    kind = "cutout"
    main = "size"

    size: int = option(minimum=1, maximum=100_000, doc="Pixels of a side of the square.", examples=(8,))
    probability: float = option(default=1.0, above=0.0, maximum=1.0, doc="How likely it is for an image.")

    def check_size(self, height: int, width: int) -> None:
        if self.size > max(height, width):
            raise ShapeFault(
                f"an image that a square of {self.size} pixels leaves something of", f"{height} x {width}", help="cut out less"
            )

    def lower(self) -> Function:
        return Function("augmentations.cutout", (Input(0),), {"size": self.size, "probability": self.probability})
