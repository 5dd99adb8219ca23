"""Answers that are classes, one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlpspec.catalog.metrics.auroc import area
from mlpspec.catalog.metrics.base import Answers
from mlpspec.report.answers.calibration import calibration
from mlpspec.report.charts import MOST_CLASSES, confusion, confusion_chart, roc, roc_chart
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import Column, fold, named, note, picture, sentence, table
from mlpspec.report.words import NOTHING, clipped, count, figure, percent, rows

FEW_CLASSES = 6
"""So many classes have their table beside the picture, and the picture beside others."""

MOST_TABLE_ROWS = 50
MOST_PAIRS = 15
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def answers_in_classes(name: str, target: TargetAnswers) -> Iterator[str]:
    answers, classes = target.answers, [str(value) for value in target.classes or ()]
    size = max(len(classes), int(max(answers.truth.max(), answers.prediction.max())) + 1)
    classes += [f"class {number}" for number in range(len(classes), size)]
    counts = confusion(answers.truth, answers.prediction, size)
    yield sentence(_verdict(counts, classes))
    charts, folds = [], []
    each = _class_table(counts, classes)
    if size <= MOST_CLASSES:
        told = _most_confused(counts, classes)
        drawn = confusion_chart(f"Confusion of {name}", told, counts, classes)
        if size <= FEW_CLASSES:
            charts.append(picture("Confusion", drawn, told, each))
        else:
            yield picture("Confusion", drawn, told)
        folds.append(fold("Confusion as a table", _confusion_table(counts, classes)))
    if size > FEW_CLASSES:
        folds.insert(0, fold("Each class", each))
    folds.append(fold("Most frequent mistakes", _pair_table(counts, classes)))
    for chart, words in _probability_pictures(name, answers, classes):
        charts.append(chart)
        folds.append(words)
    yield tag("div", *charts, class_="cards")
    yield tag("div", *folds, class_="folds")


def _verdict(counts: np.ndarray, classes: Sequence[str]) -> str:
    total, right = int(counts.sum()), int(np.trace(counts))
    most = int(counts.sum(axis=1).argmax())
    usual = counts.sum(axis=1)[most] / total
    return f"Right for {count(right)} of {rows(total)} ({percent(right / total)}). Always answering “{classes[most]}” would be right for {percent(float(usual))}."


def _pairs(counts: np.ndarray) -> list[tuple[int, int]]:
    """Wrong (true, predicted) pairs that occur, most frequent first."""
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[: int((wrong > 0).sum())]
    return [(int(i) // len(counts), int(i) % len(counts)) for i in order]


def _most_confused(counts: np.ndarray, classes: Sequence[str]) -> str:
    pairs = _pairs(counts)
    if not pairs:
        return "Every row is on the diagonal: no mistakes."
    true, predicted = pairs[0]
    number = int(counts[true, predicted])
    return (
        f"Right answers are on the framed diagonal. Most frequent mistake: {rows(number)} of “{classes[true]}” "
        f"({percent(number / int(counts[true].sum()))} of them) taken for “{classes[predicted]}”."
    )


def _class_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    hits, predicted, actual = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    order = np.argsort(-actual, kind="stable")[:MOST_TABLE_ROWS] if len(classes) > MOST_TABLE_ROWS else range(len(classes))
    ratios = [
        [classes[i], count(int(actual[i])), count(int(predicted[i])), *_ratios(int(hits[i]), int(predicted[i]), int(actual[i]))]
        for i in order
    ]
    drawn = table("Precision, recall and F1 of each class", named("class", "rows", "predicted", "precision", "recall", "F1"), ratios)
    return drawn + (note(f"The {MOST_TABLE_ROWS} most frequent of {len(classes)} classes.") if len(classes) > MOST_TABLE_ROWS else "")


def _ratios(hits: int, predicted: int, actual: int) -> list[str]:
    """Precision, recall and F1; a dash where the denominator is 0."""
    return [figure(hits / whole if whole else None) for whole in (predicted, actual, (predicted + actual) / 2)]


def _confusion_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    body = [[classes[i], *[count(int(value)) for value in counts[i]], count(int(counts[i].sum()))] for i in range(len(classes))]
    return table(
        "Rows by true class and predicted class", named("true ↓ predicted →", *[clipped(name, 24) for name in classes], "all"), body
    )


def _pair_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    pairs = _pairs(counts)
    if not pairs:
        return note("There are none.")
    body = [
        [classes[t], classes[p], count(int(counts[t, p])), percent(int(counts[t, p]) / int(counts[t].sum()))] for t, p in pairs[:MOST_PAIRS]
    ]
    drawn = table(
        "Most frequent mistakes",
        [Column("true"), Column("predicted"), Column("rows", number=True), Column("of the class", number=True)],
        body,
    )
    return drawn + (note(f"{MOST_PAIRS} of {len(pairs)} kinds of mistake.") if len(pairs) > MOST_PAIRS else "")


def _probability_pictures(name: str, answers: Answers, classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Chart and table of what the probabilities are worth; none when one is not a number."""
    probability = answers.probability
    if probability is None or not np.isfinite(probability).all():
        return
    if not answers.binary:
        said = probability.max(axis=1)
        yield calibration(name, answers.prediction == answers.truth, said, "probability of the answer", "share of right answers")
        return
    positive, score = answers.truth == 1, probability[:, 1]
    if positive.any() and not positive.all():
        told = (
            f"Area under the curve {figure(area(positive, score))}: how likely a row of “{classes[1]}” "
            f"gets a higher probability than one of “{classes[0]}”; 0.5 is guessing."
        )
        yield (
            picture("ROC curve", roc_chart(f"ROC curve of {name}", told, positive, score), told),
            fold("Thresholds", _threshold_table(positive, score)),
        )
    yield calibration(name, positive, score, f"probability of “{clipped(classes[1], 20)}”", f"share of “{clipped(classes[1], 20)}”")


def _threshold_table(positive: np.ndarray, score: np.ndarray) -> str:
    false, true, thresholds = roc(positive, score)
    yes, no = int(positive.sum()), int((~positive).sum())
    body = []
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        at = int(np.searchsorted(-thresholds, -threshold, side="right")) - 1
        hits, alarms = float(true[at]) * yes, float(false[at]) * no
        body.append(
            [
                f"{threshold:g}",
                percent(float(true[at])),
                percent(float(false[at])),
                percent(hits / (hits + alarms)) if hits + alarms else "–",
            ]
        )
    return table("Rates at some thresholds", named("threshold", "true positive rate (recall)", "false positive rate", "precision"), body)
