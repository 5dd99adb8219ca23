"""Images moved a little."""

from __future__ import annotations

from typing import Literal, final

from mlpspec.catalog.augmentations.base import ImageAugmentation
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function, Input

Border = Literal["zeros", "edge", "reflect"]
"""What comes in from outside an image: zeros, its outermost pixels, or its mirror image."""

BORDER_DOC = "What comes in from outside: zeros, the outermost pixels, or the mirror image."


@final
class Shift(ImageAugmentation):
    """The image moved by whole pixels, up to a share of its height and of its width, in any direction, each distance equally likely."""

    kind = "shift"
    main = "share"

    share: float = option(default=0.1, above=0.0, below=1.0, doc="The largest move, as a share of the image's sides.", examples=(0.1,))
    border: Border = option(default="zeros", doc=BORDER_DOC)

    def lower(self) -> Function:
        return Function("augmentations.shift", (Input(0),), {"share": self.share, "border": self.border})
