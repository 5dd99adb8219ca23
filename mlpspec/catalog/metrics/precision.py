"""Precision: how often a class is right when it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.metrics.class_ratio import ClassCounts, ClassRatio

if TYPE_CHECKING:
    import numpy as np


@final
class Precision(ClassRatio):
    """Of the rows that are given a class, the share that has it: hits / predicted.

    A class that is never predicted has precision 0. Micro-averaged over one class a row it is the accuracy.
    Source: sklearn.metrics.precision_score.
    """

    kind = "precision"
    main = "averaging"

    def ratio(self, counts: ClassCounts) -> tuple[np.ndarray, np.ndarray]:
        return counts.hits, counts.predicted
