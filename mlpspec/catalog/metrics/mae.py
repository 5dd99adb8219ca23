"""Mean absolute error."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric


@final
class Mae(Metric):
    """|y - f| averaged over rows and columns, in the target's own unit.

    Source: sklearn.metrics.mean_absolute_error.
    """

    kind = "mae"
    aliases = ("mean_absolute_error",)
    targets = frozenset({"numeric"})
    goal = "min"
    has_unit = True

    def compute(self, answers: Answers) -> float:
        truth, prediction = answers.numbers()
        return float(abs(truth - prediction).mean())
