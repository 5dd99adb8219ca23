"""Answers that are labels, several a row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlpspec.catalog.metrics.auroc import area
from mlpspec.catalog.metrics.base import Answers
from mlpspec.report.answers.calibration import calibration
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import named, note, sentence, table
from mlpspec.report.words import count, figure, percent, rows

MOST_TABLE_ROWS = 50


def answers_in_labels(target: TargetAnswers) -> Iterator[str]:
    """Each of several labels as a yes-or-no question of its own."""
    answers = target.answers
    truth, prediction = answers.truth.astype(bool), answers.prediction.astype(bool)
    names = list(target.classes or ()) or [f"label {number}" for number in range(truth.shape[1])]
    yield sentence(
        f"All labels right for {count(int((truth == prediction).all(axis=1).sum()))} of {rows(len(truth))}; "
        f"{percent(float((truth == prediction).mean()))} of the single answers are right."
    )
    body = []
    for i, name in enumerate(names[:MOST_TABLE_ROWS]):
        hits, predicted, actual = int((truth[:, i] & prediction[:, i]).sum()), int(prediction[:, i].sum()), int(truth[:, i].sum())
        body.append([str(name), count(actual), count(predicted), *_ratios(hits, predicted, actual), figure(_area(truth[:, i], answers, i))])
    columns = named("label", "rows", "predicted", "precision", "recall", "F1", "AUROC")
    more = note(f"{MOST_TABLE_ROWS} of {len(names)} labels.") if len(names) > MOST_TABLE_ROWS else ""
    yield tag("div", tag("h4", "Each label"), table("Each label", columns, body), more, class_="card")
    if answers.probability is not None and np.isfinite(answers.probability).all():
        chart, words = calibration("all labels", truth.ravel(), answers.probability.ravel(), "probability of a label", "share that has it")
        yield tag("div", chart, class_="cards")
        yield tag("div", words, class_="folds")


def _area(truth: np.ndarray, answers: Answers, label: int) -> float | None:
    if answers.probability is None or truth.all() or not truth.any():
        return None
    return area(truth, answers.probability[:, label])
