"""Recall: how much of a class is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.metrics.class_ratio import ClassCounts, ClassRatio

if TYPE_CHECKING:
    import numpy as np


@final
class Recall(ClassRatio):
    """Of the rows that have a class, the share that is given it: hits / actual.

    A class that no row has, but some are given, has recall 0. Micro-averaged over one class a row it is the accuracy.
    Source: sklearn.metrics.recall_score.
    """

    kind = "recall"
    main = "averaging"

    def ratio(self, counts: ClassCounts) -> tuple[np.ndarray, np.ndarray]:
        return counts.hits, counts.actual
