"""Answers that are labels, several a row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlpspec.catalog.metrics.auroc import area
from mlpspec.report.answers.calibration import calibration
from mlpspec.report.answers.ratios import RATIOS, ratios
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import named, note, sentence, table
from mlpspec.report.words import count, figure, percent, rows

MOST_TABLE_ROWS = 50


def answers_in_labels(name: str, target: TargetAnswers) -> Iterator[str]:
    """Each label as a yes-or-no question of its own: truth, prediction and probability are (rows, labels)."""
    truth, prediction = target.answers.truth.astype(bool), target.answers.prediction.astype(bool)
    probability = target.answers.probability
    labels = [str(label) for label in target.classes or range(truth.shape[1])]
    right = truth == prediction
    yield sentence(
        f"All labels right for {count(int(right.all(axis=1).sum()))} of {rows(len(truth))}; "
        f"{percent(float(right.mean()))} of the single answers are right."
    )
    body = []
    for i, label in enumerate(labels[:MOST_TABLE_ROWS]):
        yes, said = truth[:, i], prediction[:, i]
        hits, predicted, actual = (int(rows.sum()) for rows in (yes & said, said, yes))
        ranked = None if probability is None or yes.all() or not yes.any() else area(yes, probability[:, i])
        body.append([label, count(actual), count(predicted), *ratios(hits, predicted, actual), figure(ranked)])
    more = note(f"The first {MOST_TABLE_ROWS} of {count(len(labels))} labels.") if len(labels) > MOST_TABLE_ROWS else ""
    yield tag("div", table("Each label", named("label", "rows", "predicted", *RATIOS, "AUROC"), body), more, class_="card")
    if probability is not None and np.isfinite(probability).all():
        chart = calibration(name, truth.ravel(), probability.ravel(), said="probability of a label", seen="share that has it")
        yield tag("div", chart, class_="cards")
