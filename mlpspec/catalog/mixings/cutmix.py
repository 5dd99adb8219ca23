"""A piece of one image in another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from mlpspec.catalog.mixings.base import Mixing
from mlpspec.ir.shape import Shape


@final
class Cutmix(Mixing):
    """A rectangle of each image is replaced by that of another image of the step; the shares are those of the areas.

    One rectangle a step, of a random place and the image's proportions. The model has one input, an image.
    Source: Yun et al. 2019, CutMix: Regularization Strategy to Train Strong Classifiers.
    """

    kind = "cutmix"
    main = "alpha"
    target = "augmentations.cutmix"

    def check(self, inputs: Mapping[str, tuple[Shape, str]]) -> tuple[str, str, str] | None:
        if len(inputs) > 1:
            second = list(inputs)[1]
            return second, f"it is for a model of one input, and `{second}` is a second one", "use `mixup`"
        [(name, (shape, _))] = inputs.items()
        if shape.is_known and shape.rank not in (2, 3):
            return name, f"it needs an image, [height, width] or [channels, height, width], and `{name}` is {shape}", "use `mixup`"
        return None
