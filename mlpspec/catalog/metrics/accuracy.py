"""The share of right answers."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric


@final
class Accuracy(Metric):
    """The share of rows whose predicted class is the true one.

    Source: sklearn.metrics.accuracy_score.
    """

    kind = "accuracy"
    targets = frozenset({"category", "binary"})
    goal = "max"

    def compute(self, answers: Answers) -> float:
        truth, prediction = answers.classes()
        return float((truth == prediction).mean())
