"""Weighted means of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from mlpspec.catalog.mixings.base import Mixing, embedded
from mlpspec.ir.shape import Shape


@final
class Mixup(Mixing):
    """Each row becomes share * row + (1 - share) * another row of the step, in all inputs; one share a step.

    Source: Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization.
    """

    kind = "mixup"
    main = "alpha"
    target = "augmentations.mixup"

    def check(self, inputs: Mapping[str, tuple[Shape, str]]) -> tuple[str, str, str] | None:
        return embedded(inputs)
