"""How well the probabilities of a binary target put positive rows before negative ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlpspec.catalog.metrics.auroc import area
from mlpspec.report.charts import roc_chart
from mlpspec.report.tables import fold, named, picture, table
from mlpspec.report.words import NOTHING, figure, percent

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Ranking(NamedTuple):
    """The card with the ROC curve, and what happens at some thresholds."""

    chart: str
    thresholds: str


def ranking(name: str, positive: np.ndarray, score: np.ndarray, answered: np.ndarray, classes: Sequence[str]) -> Ranking:
    """Chart and table. `positive` (with both values) and `answered`: (rows,) bool; `score`: (rows,); `classes`: (negative, positive)."""
    told = (
        f"Area under the curve {figure(area(positive, score))}: how likely a row of “{classes[1]}” gets a higher probability than one of "
        f"“{classes[0]}”; 0.5 is guessing."
    )
    chart = picture("ROC curve", roc_chart(f"ROC curve of {name}", told, positive, score, answered), told)
    columns = named("threshold", "true positive rate (recall)", "false positive rate", "precision")
    body = [threshold_row(positive, score, threshold) for threshold in THRESHOLDS]
    return Ranking(chart, fold("Thresholds", table(f"“{classes[1]}” from this probability on", columns, body)))


def threshold_row(positive: np.ndarray, score: np.ndarray, threshold: float) -> list[str]:
    """Rates when rows are positive from a probability of `threshold` on."""
    called = score >= threshold
    hits, alarms = int((called & positive).sum()), int((called & ~positive).sum())
    precision = percent(hits / (hits + alarms)) if hits + alarms else NOTHING
    return [f"{threshold:g}", percent(hits / int(positive.sum())), percent(alarms / int((~positive).sum())), precision]
