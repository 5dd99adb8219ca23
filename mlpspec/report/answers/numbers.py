"""Answers that are numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlpspec.report.charts import histogram, residual_chart, scatter_chart
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import fold, named, note, picture, sentence, table
from mlpspec.report.words import count, figure, rows

MOST_COLUMNS = 4
MOST_TABLE_ROWS = 50
WORST = 8
GREATEST = 1e150
"""A greater number is left out, as one that is not finite: its square would be."""


def answers_in_numbers(name: str, target: TargetAnswers, points: int) -> Iterator[str]:
    truth = np.asarray(target.answers.truth, np.float64).reshape(len(target.answers.truth), -1)
    prediction = np.asarray(target.answers.prediction, np.float64).reshape(truth.shape)
    width = truth.shape[1]
    names = (
        [str(column) for column in target.columns]
        if len(target.columns) == width
        else [name]
        if width == 1
        else [f"{name}[{i}]" for i in range(width)]
    )
    usable = np.isfinite(truth) & np.isfinite(prediction)
    usable &= (np.abs(truth) < 1e150) & (np.abs(prediction) < 1e150)
    body, charts, folds = [], [], []
    for i, column in enumerate(names):
        keep = usable[:, i]
        if not keep.any():
            yield sentence(f"{column}: no row has a finite prediction.")
            continue
        if i < MOST_TABLE_ROWS:
            body.append([column, *_error_figures(truth[keep, i], prediction[keep, i])])
        if i < MOST_COLUMNS:
            charts += _number_pictures(column, truth[keep, i], prediction[keep, i], int((~keep).sum()), points, several=width > 1)
            folds += _number_folds(column, truth[keep, i], prediction[keep, i], several=width > 1)
    if width == 1 and body:
        yield _off_by(truth[usable[:, 0], 0], prediction[usable[:, 0], 0])
    if body:
        yield _error_table(body)
    if width > MOST_COLUMNS:
        yield note(f"Charts of the first {MOST_COLUMNS} of {width} columns.")
    yield tag("div", *charts, class_="cards")
    yield tag("div", *folds, class_="folds")


def _error_figures(truth: np.ndarray, prediction: np.ndarray) -> list[str]:
    error = prediction - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    r2 = 1 - float((error**2).sum()) / spread if spread > 0 else None
    values = [np.abs(error).mean(), (error**2).mean() ** 0.5, r2, error.mean(), np.quantile(np.abs(error), 0.9), truth.std()]
    return [figure(None if value is None else float(value)) for value in values]


def _off_by(truth: np.ndarray, prediction: np.ndarray) -> str:
    off, usual = np.abs(prediction - truth).mean(), np.abs(truth - np.median(truth)).mean()
    return sentence(
        f"Off by {figure(float(off))} on average. Always answering the median, {figure(float(np.median(truth)))}, would be off by {figure(float(usual))}."
    )


def _error_table(body: list[list[str]]) -> str:
    columns = named("column", "mean |error|", "RMSE", "R²", "mean error", "90 % of |errors| below", "RMSE of always answering the mean")
    more = note(f"{MOST_TABLE_ROWS} columns are shown.") if len(body) == MOST_TABLE_ROWS else ""
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
        picture(
            f"{prefix}predicted against true" if several else "Predicted against true",
            scatter_chart(f"Predicted against true {column}", told, truth, prediction, most=points),
            told,
        ),
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
        fold(f"Largest errors{end}", table(f"Largest errors{end}", named("true", "predicted", "error", first_number=True), body)),
        fold(f"Errors{end} as a table", table(f"Rows by error{end}", named("predicted − true", "rows"), bars)),
    ]
