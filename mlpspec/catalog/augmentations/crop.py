"""A random part of a padded image."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.augmentations.shift import BORDER_DOC, Border
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input
from mlpspec.ir.shape import ShapeFault


@final
class Crop(ImageAugmentation):
    """The image gets a border of `padding` pixels on each side, and a part of its old size is cut out at a random place.

    It is the usual augmentation of small pictures (He et al. 2016, section 4.2: 4 pixels for CIFAR-10).
    Source: torchvision's RandomCrop with padding.
    """

    kind = "crop"
    main = "padding"

    padding: int = option(minimum=1, maximum=100_000, doc="Pixels of the border.", examples=(4,))
    border: Border = option(default="zeros", doc=BORDER_DOC)

    def check_size(self, height: int, width: int) -> None:
        if self.padding >= min(height, width):
            raise ShapeFault(f"an image larger than its padding of {self.padding}", f"{height} x {width} pixels", help="pad less")

    def lower(self) -> Function:
        return Function("augmentations.crop", (Input(0),), {"padding": self.padding, "border": self.border})
