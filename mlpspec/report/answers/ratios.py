"""Precision, recall and F1 as words of a table row."""

from __future__ import annotations

from mlpspec.report.words import figure

RATIOS = ("precision", "recall", "F1")


def ratios(hits: int, predicted: int, actual: int) -> list[str]:
    """The three, from rows that are both, predicted, and true; a dash where one is a ratio of nothing."""
    return [figure(hits / whole if whole else None) for whole in (predicted, actual, (predicted + actual) / 2)]
