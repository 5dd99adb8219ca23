"""The section of the answers: for each target, what the model said and what was true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlpspec.catalog.metrics.auroc import area
from mlpspec.catalog.metrics.base import Answers
from mlpspec.report.charts import (
    MOST_CLASSES,
    calibration_error,
    confusion,
    confusion_chart,
    histogram,
    reliability,
    reliability_chart,
    residual_chart,
    roc,
    roc_chart,
    scatter_chart,
)
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag, text
from mlpspec.report.tables import Column, fold, picture, table
from mlpspec.report.words import clipped, count, figure, percent, rows

MOST_COLUMNS = 4
MOST_TABLE_ROWS = 50
MOST_PAIRS = 15
WORST = 8


def answers_of_target(name: str, part: str, target: TargetAnswers, *, points: int) -> list[str]:
    """Charts and tables of one target over one part. `points` is how many dots a scatter chart may have."""
    answers = target.answers
    if not len(answers.truth):
        return [_sentence(f"The {part} part has no rows.")]
    if answers.probability is None and target.classes is None:
        return list(_numbers(name, target, points))
    if answers.truth.ndim == 2:
        return list(_labels(target))
    return list(_classes(name, target))


# classes


def _classes(name: str, target: TargetAnswers) -> Iterator[str]:
    answers, classes = target.answers, [str(value) for value in target.classes or ()]
    size = max(len(classes), int(max(answers.truth.max(), answers.prediction.max())) + 1)
    classes += [f"class {number}" for number in range(len(classes), size)]
    counts = confusion(answers.truth, answers.prediction, size)
    yield _sentence(_verdict(counts, classes))
    charts, folds = [], [fold("Each class", _class_table(counts, classes))]
    if size <= MOST_CLASSES:
        told = _most_confused(counts, classes)
        charts.append(picture("Confusion", confusion_chart(f"Confusion of {name}", told, counts, classes), told))
        folds.append(fold("Confusion as a table", _confusion_table(counts, classes)))
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
        [classes[i], count(int(actual[i])), count(int(predicted[i])), *_ratios(int(hits[i]), int(predicted[i]), int(actual[i]))] for i in order
    ]
    drawn = table("Precision, recall and F1 of each class", _columns("class", "rows", "predicted", "precision", "recall", "F1"), ratios)
    return drawn + (_note(f"The {MOST_TABLE_ROWS} most frequent of {len(classes)} classes.") if len(classes) > MOST_TABLE_ROWS else "")


def _ratios(hits: int, predicted: int, actual: int) -> list[str]:
    """Precision, recall and F1; a dash where the denominator is 0."""
    return [figure(hits / whole if whole else None) for whole in (predicted, actual, (predicted + actual) / 2)]


def _confusion_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    body = [[classes[i], *[count(int(value)) for value in counts[i]], count(int(counts[i].sum()))] for i in range(len(classes))]
    return table("Rows by true class and predicted class", _columns("true ↓ predicted →", *[clipped(name, 24) for name in classes], "all"), body)


def _pair_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    pairs = _pairs(counts)
    if not pairs:
        return _note("There are none.")
    body = [[classes[t], classes[p], count(int(counts[t, p])), percent(int(counts[t, p]) / int(counts[t].sum()))] for t, p in pairs[:MOST_PAIRS]]
    drawn = table("Most frequent mistakes", [Column("true"), Column("predicted"), Column("rows", number=True), Column("of the class", number=True)], body)
    return drawn + (_note(f"{MOST_PAIRS} of {len(pairs)} kinds of mistake.") if len(pairs) > MOST_PAIRS else "")


def _probability_pictures(name: str, answers: Answers, classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Chart and table of what the probabilities are worth; none when one is not a number."""
    probability = answers.probability
    if probability is None or not np.isfinite(probability).all():
        return
    if not answers.binary:
        said = probability.max(axis=1)
        yield _reliability(name, answers.prediction == answers.truth, said, "probability of the answer", "share of right answers")
        return
    positive, score = answers.truth == 1, probability[:, 1]
    if positive.any() and not positive.all():
        told = (
            f"Area under the curve {figure(area(positive, score))}: how likely a row of “{classes[1]}” "
            f"gets a higher probability than one of “{classes[0]}”; 0.5 is guessing."
        )
        yield picture("ROC curve", roc_chart(f"ROC curve of {name}", told, positive, score), told), fold("Thresholds", _threshold_table(positive, score))
    yield _reliability(name, positive, score, f"probability of “{clipped(classes[1], 20)}”", f"share of “{clipped(classes[1], 20)}”")


def _threshold_table(positive: np.ndarray, score: np.ndarray) -> str:
    false, true, thresholds = roc(positive, score)
    yes, no = int(positive.sum()), int((~positive).sum())
    body = []
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        at = int(np.searchsorted(-thresholds, -threshold, side="right")) - 1
        hits, alarms = float(true[at]) * yes, float(false[at]) * no
        body.append([f"{threshold:g}", percent(float(true[at])), percent(float(false[at])), percent(hits / (hits + alarms)) if hits + alarms else "–"])
    return table("Rates at some thresholds", _columns("threshold", "true positive rate (recall)", "false positive rate", "precision"), body)


def _reliability(name: str, came_true: np.ndarray, probability: np.ndarray, said: str, seen: str) -> tuple[str, str]:
    bins = reliability(came_true, probability)
    told = (
        f"Points on the dashed line mean that probabilities come true as often as they say. Mean distance (calibration error): "
        f"{figure(calibration_error(bins))}. Bars are 95 % intervals, larger points have more rows."
    )
    body = [
        [f"{bin.low:.1f} to {bin.high:.1f}", count(bin.rows), percent(bin.said), percent(bin.seen), f"{percent(bin.least)} to {percent(bin.most)}"]
        for bin in bins
    ]
    columns = _columns("probability", "rows", "mean said", "seen", "95 % interval")
    chart = picture("Calibration", reliability_chart(f"Calibration of {name}", told, bins, said=said, seen=seen), told)
    return chart, fold("Calibration as a table", table("Calibration", columns, body))


# labels


def _labels(target: TargetAnswers) -> Iterator[str]:
    """Each of several labels as a yes-or-no question of its own."""
    answers = target.answers
    truth, prediction = answers.truth.astype(bool), answers.prediction.astype(bool)
    names = list(target.classes or ()) or [f"label {number}" for number in range(truth.shape[1])]
    yield _sentence(
        f"All labels right for {count(int((truth == prediction).all(axis=1).sum()))} of {rows(len(truth))}; "
        f"{percent(float((truth == prediction).mean()))} of the single answers are right."
    )
    body = []
    for i, name in enumerate(names[:MOST_TABLE_ROWS]):
        hits, predicted, actual = int((truth[:, i] & prediction[:, i]).sum()), int(prediction[:, i].sum()), int(truth[:, i].sum())
        body.append([str(name), count(actual), count(predicted), *_ratios(hits, predicted, actual), figure(_area(truth[:, i], answers, i))])
    columns = _columns("label", "rows", "predicted", "precision", "recall", "F1", "AUROC")
    more = _note(f"{MOST_TABLE_ROWS} of {len(names)} labels.") if len(names) > MOST_TABLE_ROWS else ""
    yield tag("div", tag("h4", "Each label"), table("Each label", columns, body), more, class_="card")
    if answers.probability is not None and np.isfinite(answers.probability).all():
        chart, words = _reliability("all labels", truth.ravel(), answers.probability.ravel(), "probability of a label", "share that has it")
        yield tag("div", chart, class_="cards")
        yield tag("div", words, class_="folds")


def _area(truth: np.ndarray, answers: Answers, label: int) -> float | None:
    if answers.probability is None or truth.all() or not truth.any():
        return None
    return area(truth, answers.probability[:, label])


# numbers


def _numbers(name: str, target: TargetAnswers, points: int) -> Iterator[str]:
    truth = np.asarray(target.answers.truth, np.float64).reshape(len(target.answers.truth), -1)
    prediction = np.asarray(target.answers.prediction, np.float64).reshape(truth.shape)
    width = truth.shape[1]
    names = [str(column) for column in target.columns] if len(target.columns) == width else [name] if width == 1 else [f"{name}[{i}]" for i in range(width)]
    usable = np.isfinite(truth) & np.isfinite(prediction)
    usable &= (np.abs(truth) < 1e150) & (np.abs(prediction) < 1e150)
    body, charts, folds = [], [], []
    for i, column in enumerate(names):
        keep = usable[:, i]
        if not keep.any():
            yield _sentence(f"{column}: no row has a finite prediction.")
            continue
        if i < MOST_TABLE_ROWS:
            body.append([column, *_error_figures(truth[keep, i], prediction[keep, i])])
        if i < MOST_COLUMNS:
            charts += _number_pictures(column, truth[keep, i], prediction[keep, i], int((~keep).sum()), points, several=width > 1)
            folds += _number_folds(column, truth[keep, i], prediction[keep, i], several=width > 1)
    if body:
        yield _error_table(body)
    if width > MOST_COLUMNS:
        yield _note(f"Charts of the first {MOST_COLUMNS} of {width} columns.")
    yield tag("div", *charts, class_="cards")
    yield tag("div", *folds, class_="folds")


def _error_figures(truth: np.ndarray, prediction: np.ndarray) -> list[str]:
    error = prediction - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    r2 = 1 - float((error**2).sum()) / spread if spread > 0 else None
    values = [np.abs(error).mean(), (error**2).mean() ** 0.5, r2, error.mean(), np.quantile(np.abs(error), 0.9), truth.std()]
    return [figure(None if value is None else float(value)) for value in values]


def _error_table(body: list[list[str]]) -> str:
    columns = _columns("column", "mean |error|", "RMSE", "R²", "mean error", "90 % of |errors| below", "RMSE of always answering the mean")
    more = _note(f"{MOST_TABLE_ROWS} columns are shown.") if len(body) == MOST_TABLE_ROWS else ""
    return tag("div", table("Errors in the target's own unit", columns, body), more, class_="card")


def _number_pictures(column: str, truth: np.ndarray, prediction: np.ndarray, left_out: int, points: int, *, several: bool) -> list[str]:
    shown = min(points, len(truth))
    told = "Points above the dashed line are predicted too high, points below it too low."
    told += f" {count(shown)} of {rows(len(truth))}, drawn at random." if shown < len(truth) else ""
    told += f" Left out, not finite: {rows(left_out)}." if left_out else ""
    found = histogram(prediction - truth)
    error = prediction - truth
    spread = f"Half of the errors lie between {figure(float(np.quantile(error, 0.25)))} and {figure(float(np.quantile(error, 0.75)))}."
    if found.below or found.above:
        spread += f" Beyond the left end: {rows(found.below)}; beyond the right end: {rows(found.above)}."
    prefix = f"{column}: " if several else ""
    return [
        picture(f"{prefix}predicted against true" if several else "Predicted against true", scatter_chart(f"Predicted against true {column}", told, truth, prediction, most=points), told),
        picture(f"{prefix}errors" if several else "Errors", residual_chart(f"Errors of {column}", spread, found), spread),
    ]


def _number_folds(column: str, truth: np.ndarray, prediction: np.ndarray, *, several: bool) -> list[str]:
    error = prediction - truth
    worst = np.argsort(-np.abs(error), kind="stable")[:WORST]
    body = [[figure(float(truth[i])), figure(float(prediction[i])), figure(float(error[i]))] for i in worst]
    found = histogram(error)
    bars = [
        [f"{figure(float(start))} to {figure(float(end))}", count(int(number))]
        for start, end, number in zip(found.edges[:-1], found.edges[1:], found.counts, strict=True)
    ]
    end = f" of {column}" if several else ""
    return [
        fold(f"Largest errors{end}", table(f"Largest errors{end}", _columns("true", "predicted", "error", first_number=True), body)),
        fold(f"Errors{end} as a table", table(f"Rows by error{end}", _columns("predicted − true", "rows"), bars)),
    ]


def _columns(first: str, *others: str, first_number: bool = False) -> list[Column]:
    return [Column(first, number=first_number), *[Column(name, number=True) for name in others]]


def _sentence(words: str) -> str:
    return tag("p", text(words), class_="lead")


def _note(words: str) -> str:
    return tag("p", text(words), class_="note")
