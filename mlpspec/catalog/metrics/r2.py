"""Coefficient of determination."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric, UndefinedMetric


@final
class R2(Metric):
    """1 - sum of (y - f)^2 / sum of (y - mean of y)^2: 1 is perfect, 0 no better than the mean. Averaged over the columns that vary.

    Raises:
        UndefinedMetric: when the truth is constant.

    Source: sklearn.metrics.r2_score, which says 0 or 1 for a constant column instead of leaving it out.
    """

    kind = "r2"
    targets = frozenset({"numeric"})
    goal = "max"

    def compute(self, answers: Answers) -> float:
        truth, prediction = answers.numbers()
        varies = truth.max(axis=0) > truth.min(axis=0)
        if not varies.any():
            raise UndefinedMetric("the true value is the same in all rows")
        truth, prediction = truth[:, varies], prediction[:, varies]
        around_mean = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
        return float((1 - ((truth - prediction) ** 2).sum(axis=0) / around_mean).mean())
