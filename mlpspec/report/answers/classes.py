"""Answers that are classes, one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mlpspec.report.answers.calibration import calibration
from mlpspec.report.answers.ranking import ranking
from mlpspec.report.answers.ratios import RATIOS, ratios
from mlpspec.report.charts import MOST_CLASSES, confusion, confusion_chart
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import Column, fold, named, note, picture, sentence, table
from mlpspec.report.words import clipped, count, percent, rows

FEW_CLASSES = 12
"""So many classes have their table beside the picture, and the picture beside others."""

MOST_TABLE_ROWS = 50
MOST_MISTAKES = 15


class Tally(NamedTuple):
    """Rows of each class, (classes,): `hits` predicted and true, `predicted`, `actual`."""

    hits: np.ndarray
    predicted: np.ndarray
    actual: np.ndarray


class Mistake(NamedTuple):
    """So many rows of class `true` were taken for class `predicted`."""

    true: int
    predicted: int
    rows: int


def answers_in_classes(name: str, target: TargetAnswers) -> Iterator[str]:
    """What is right, which classes are taken for which, and what the probabilities are worth."""
    truth, prediction = target.answers.truth.astype(np.int64), target.answers.prediction.astype(np.int64)
    classes = [str(value) for value in target.classes or ()]
    classes += [f"class {number}" for number in range(len(classes), int(max(truth.max(), prediction.max())) + 1)]
    found = tally(truth, prediction, len(classes))
    wrong = mistakes(truth, prediction, len(classes))
    yield sentence(_verdict(found, classes))
    each = _class_table(found, classes)
    charts, folds = [], [fold("Most frequent mistakes", _mistake_table(wrong, found, classes))]
    if len(classes) <= MOST_CLASSES:
        counts = confusion(truth, prediction, len(classes))
        told = _most_frequent_mistake(wrong, found, classes)
        drawn = confusion_chart(f"Confusion of {name}", told, counts, classes)
        if len(classes) <= FEW_CLASSES:
            charts.append(picture("Confusion", drawn, told, each))
        else:
            yield picture("Confusion", drawn, told, wide=True)
        folds.append(fold("Confusion as a table", _confusion_table(counts, classes)))
    if len(classes) > FEW_CLASSES:
        folds.insert(0, fold("Each class", each))
    probability = target.answers.probability
    if probability is not None and np.isfinite(probability).all():
        if target.answers.binary:
            positive, score = truth == 1, probability[:, 1]
            ranked = ranking(name, positive, score, prediction == 1, classes) if positive.any() and not positive.all() else None
            charts += [ranked.chart] if ranked else []
            folds += [ranked.thresholds] if ranked else []
            of = f"“{clipped(classes[1], 20)}”"
            charts.append(calibration(name, positive, score, said=f"probability of {of}", seen=f"share of {of}"))
        else:
            right = truth == prediction
            charts.append(
                calibration(name, right, probability.max(axis=1), said="probability of the answer", seen="share of right answers")
            )
    yield tag("div", *charts, class_="cards")
    yield tag("div", *folds, class_="folds")


def tally(truth: np.ndarray, prediction: np.ndarray, classes: int) -> Tally:
    """Rows of each class, from true and predicted class numbers, (rows,)."""
    return Tally(*(np.bincount(numbers, minlength=classes) for numbers in (truth[truth == prediction], prediction, truth)))


def mistakes(truth: np.ndarray, prediction: np.ndarray, classes: int) -> list[Mistake]:
    """Kinds of mistake that occur, most frequent first."""
    wrong = truth != prediction
    kinds, sizes = np.unique(truth[wrong] * classes + prediction[wrong], return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    return [Mistake(int(kinds[i]) // classes, int(kinds[i]) % classes, int(sizes[i])) for i in order]


def _verdict(found: Tally, classes: Sequence[str]) -> str:
    total, right, most = int(found.actual.sum()), int(found.hits.sum()), int(found.actual.argmax())
    usual = percent(int(found.actual[most]) / total)
    return (
        f"Right for {count(right)} of {rows(total)} ({percent(right / total)}). "
        f"Always answering “{classes[most]}” would be right for {usual}."
    )


def _most_frequent_mistake(wrong: list[Mistake], found: Tally, classes: Sequence[str]) -> str:
    if not wrong:
        return "Every row is on the diagonal: no mistakes."
    true, predicted, number = wrong[0]
    share = percent(number / int(found.actual[true]))
    return (
        "Right answers are on the framed diagonal. "
        f"Most frequent mistake: {rows(number)} of “{classes[true]}” ({share} of them) taken for “{classes[predicted]}”."
    )


def _class_table(found: Tally, classes: Sequence[str]) -> str:
    order = range(len(classes))
    more = ""
    if len(classes) > MOST_TABLE_ROWS:
        order = np.argsort(-found.actual, kind="stable")[:MOST_TABLE_ROWS].tolist()
        more = note(f"The {MOST_TABLE_ROWS} most frequent of {count(len(classes))} classes.")
    body = []
    for i in order:
        hits, predicted, actual = (int(numbers[i]) for numbers in found)
        body.append([classes[i], count(actual), count(predicted), *ratios(hits, predicted, actual)])
    return table("Precision, recall and F1 of each class", named("class", "rows", "predicted", *RATIOS), body) + more


def _confusion_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    body = [[name, *[count(value) for value in row], count(sum(row))] for name, row in zip(classes, counts.tolist(), strict=True)]
    headings = named("true ↓ predicted →", *[clipped(name, 24) for name in classes], "all")
    return table("Rows by true class and predicted class", headings, body)


def _mistake_table(wrong: list[Mistake], found: Tally, classes: Sequence[str]) -> str:
    if not wrong:
        return note("There are none.")
    body = [
        [classes[true], classes[said], count(number), percent(number / int(found.actual[true]))]
        for true, said, number in wrong[:MOST_MISTAKES]
    ]
    headings = [Column("true"), Column("predicted"), Column("rows", number=True), Column("of the class", number=True)]
    more = note(f"{MOST_MISTAKES} of {count(len(wrong))} kinds of mistake.") if len(wrong) > MOST_MISTAKES else ""
    return table("Most frequent mistakes", headings, body) + more
