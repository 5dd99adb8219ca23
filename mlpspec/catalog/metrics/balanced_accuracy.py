"""Accuracy in which every class counts alike."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric
from mlpspec.catalog.metrics.class_ratio import count


@final
class BalancedAccuracy(Metric):
    """The recall of each class that occurs in the truth, averaged: a model that always says the commonest of k classes has 1 / k.

    Source: Brodersen et al. 2010; sklearn.metrics.balanced_accuracy_score.
    """

    kind = "balanced_accuracy"
    targets = frozenset({"category", "binary"})
    goal = "max"

    def compute(self, answers: Answers) -> float:
        counts = count(answers)
        occurs = counts.actual > 0
        return float((counts.hits[occurs] / counts.actual[occurs]).mean())
