"""Root mean squared error."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric


@final
class Rmse(Metric):
    """The root of the mean of (y - f)^2 over the rows, averaged over the columns; in the target's own unit.

    Source: sklearn.metrics.root_mean_squared_error.
    """

    kind = "rmse"
    aliases = ("root_mean_squared_error",)
    targets = frozenset({"numeric"})
    goal = "min"
    has_unit = True

    def compute(self, answers: Answers) -> float:
        truth, prediction = answers.numbers()
        return float((((truth - prediction) ** 2).mean(axis=0) ** 0.5).mean())
