"""Classes weigh the more the rarer they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlpspec.catalog.weightings.base import ClassWeighting


@final
class Balanced(ClassWeighting):
    """rows / (classes * rows of the class): all classes count alike together. For yes and no: a yes counts rows of no / rows of yes.

    Source: King and Zeng 2001; scikit-learn's class_weight="balanced".
    """

    kind = "balanced"

    def of_classes(self, rows: Mapping[Any, int]) -> list[float]:
        total = sum(rows.values())
        return [total / (len(rows) * count) for count in rows.values()]

    def of_labels(self, rows: Mapping[Any, int], total: int) -> list[float]:
        return [(total - count) / count if 0 < count < total else 1.0 for count in rows.values()]
