"""F1: precision and recall in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.metrics.class_ratio import ClassCounts, ClassRatio

if TYPE_CHECKING:
    import numpy as np


@final
class F1(ClassRatio):
    """The harmonic mean of precision and recall: 2 * hits / (predicted + actual).

    Micro-averaged over one class a row it is the accuracy.
    Source: van Rijsbergen 1979; sklearn.metrics.f1_score.
    """

    kind = "f1"
    main = "averaging"

    def ratio(self, counts: ClassCounts) -> tuple[np.ndarray, np.ndarray]:
        return 2 * counts.hits, counts.predicted + counts.actual
