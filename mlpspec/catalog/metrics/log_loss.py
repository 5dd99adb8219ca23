"""Logarithmic loss."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.metrics.base import Answers, Metric


@final
class LogLoss(Metric):
    """-log of the probability given to the true class, averaged: the cross-entropy in nats; guessing one of k classes alike gives log(k).

    A probability of 0 counts as the smallest step from 1 of its number type (float32: 1.2e-7), so that one wrong row is not infinitely bad.
    Source: sklearn.metrics.log_loss.
    """

    kind = "log_loss"
    targets = frozenset({"category", "binary"})
    goal = "min"

    def compute(self, answers: Answers) -> float:
        import numpy as np

        truth, probability = answers.probabilities()
        given = probability[np.arange(len(truth)), truth]
        smallest = np.finfo(given.dtype).eps
        return float(-np.log(given.clip(smallest, 1 - smallest).astype(np.float64)).mean())
