"""The share of right answers."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric


@final
class Accuracy(Metric):
    """The share of rows whose predicted class is the true one; with several labels a row, that of rows whose labels are all right.

    Source: sklearn.metrics.accuracy_score (for multilabel: subset accuracy).
    """

    kind = "accuracy"
    targets = frozenset({"category", "binary", "multilabel"})
    goal = "max"

    def compute(self, answers: Answers) -> float:
        truth, prediction = answers.classes()
        return float((truth == prediction).reshape(len(truth), -1).all(axis=1).mean())
