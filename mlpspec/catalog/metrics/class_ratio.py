"""What precision, recall and F1 have in common: a ratio of counts for each class, combined into one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mlpspec.catalog.metrics.base import Answers, Metric, UndefinedMetric
from mlpspec.catalog.option import option

if TYPE_CHECKING:
    import numpy as np


class ClassCounts(NamedTuple):
    """Rows of each class, (classes,): `hits` predicted and true, `predicted`, `actual`."""

    hits: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray


class ClassRatio(Metric):
    """A ratio for each class. A binary target gives that of its positive class, category and multilabel targets combine their classes.

    A ratio of nothing counts as 0 (scikit-learn's `zero_division=0`); classes that are neither predicted nor true are left out.

    Raises:
        UndefinedMetric: for a binary or multilabel target, when no row is positive and none is predicted to be.
    """

    targets = frozenset({"category", "binary", "multilabel"})
    goal = "max"

    averaging: Literal["macro", "micro", "weighted"] = option(
        default="macro",
        doc="How several classes are combined: all alike (macro), by their rows (weighted), or all rows as one class (micro).",
    )

    def ratio(self, counts: ClassCounts) -> tuple[np.ndarray, np.ndarray]:
        """Numerator and denominator for each class."""
        raise NotImplementedError(type(self).__name__)

    def compute(self, answers: Answers) -> float:
        counts = count(answers)
        if answers.binary:
            return self._of_positive_class(counts)
        return self._combined(counts)

    def _of_positive_class(self, counts: ClassCounts) -> float:
        if len(counts.actual) < 2 or not counts.actual[1] + counts.predicted[1]:
            raise UndefinedMetric("no row is positive, and none is predicted to be")
        numerator, denominator = self.ratio(counts)
        return float(numerator[1] / denominator[1]) if denominator[1] else 0.0

    def _combined(self, counts: ClassCounts) -> float:
        import numpy as np

        occurs = counts.actual + counts.predicted > 0
        if not occurs.any():
            raise UndefinedMetric("no row has a label, and none is predicted to have one")
        numerator, denominator = (side[occurs] for side in self.ratio(counts))
        if self.averaging == "micro":
            return float(numerator.sum() / denominator.sum())
        figures = numerator / np.maximum(denominator, 1)  # a denominator of 0 has a numerator of 0
        return float(np.average(figures, weights=counts.actual[occurs] if self.averaging == "weighted" else None))


def count(answers: Answers) -> ClassCounts:
    """Hits, predictions and true rows of each class, in the order of class numbers."""
    import numpy as np

    truth, prediction = answers.classes()
    if truth.ndim == 2:
        return ClassCounts((truth & prediction).sum(axis=0), prediction.sum(axis=0), truth.sum(axis=0))
    classes = int(max(truth.max(), prediction.max())) + 1
    return ClassCounts(
        hits=np.bincount(truth[truth == prediction], minlength=classes),
        predicted=np.bincount(prediction, minlength=classes),
        actual=np.bincount(truth, minlength=classes),
    )
