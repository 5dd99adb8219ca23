"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.metrics.base import Answers, Metric, UndefinedMetric

if TYPE_CHECKING:
    import numpy as np


@final
class Auroc(Metric):
    """The probability that a row of the class is ranked above a row of another; ties count half. 0.5 is guessing.

    A binary target: for its positive class. A category target: each class against the rest, averaged over the classes that occur. A
    multilabel target: averaged over the labels that some rows have and some have not.

    Raises:
        UndefinedMetric: when the rows have one class only, or all the same labels.

    Source: Hanley and McNeil 1982; sklearn.metrics.roc_auc_score with multi_class="ovr".
    """

    kind = "auroc"
    aliases = ("roc_auc",)
    targets = frozenset({"category", "binary", "multilabel"})
    goal = "max"

    def compute(self, answers: Answers) -> float:
        import numpy as np

        truth, probability = answers.probabilities()
        if truth.ndim == 2:
            varies = np.flatnonzero(truth.max(axis=0) > truth.min(axis=0))
            if not len(varies):
                raise UndefinedMetric("all rows have the same labels")
            return float(np.mean([area(truth[:, label] == 1, probability[:, label]) for label in varies]))
        present = np.unique(truth)
        if len(present) < 2:
            raise UndefinedMetric("all rows have the same class")
        if answers.binary:
            return area(truth == 1, probability[:, 1])
        return float(np.mean([area(truth == number, probability[:, number]) for number in present]))


def area(positive: np.ndarray, score: np.ndarray) -> float:
    """The area from the ranks of the positive rows (Mann-Whitney); equal scores share the mean of their ranks.

    `positive`: (rows,) bool with both values; `score`: (rows,).
    """
    import numpy as np

    _, position, ties = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[position]
    yes, no = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - yes * (yes + 1) / 2) / (yes * no))
