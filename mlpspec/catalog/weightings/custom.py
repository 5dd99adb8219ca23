"""Weights that the spec writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.option import option
from mlpspec.catalog.weightings.base import ClassWeighting


@final
class Custom(ClassWeighting):
    """A factor for each class named, 1 for the others. Classes that are numbers are quoted: `{"7": 2.5}`."""

    kind = "custom"
    main = "weights"

    weights: Mapping[str, float] = option(
        above=0.0, maximum=1e6, min_items=1, doc="The factor of each class, by its label.", examples=({"spam": 5.0},)
    )

    def named(self) -> tuple[str, ...]:
        return tuple(self.weights)

    def of_classes(self, rows: Mapping[Any, int]) -> list[float]:
        return [self.weights.get(str(label), 1.0) for label in rows]

    def of_labels(self, rows: Mapping[Any, int], total: int) -> list[float]:
        return self.of_classes(rows)
