"""Answers that are numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mlpspec.report.charts import Histogram, histogram, residual_chart, scatter_chart
from mlpspec.report.content import TargetAnswers
from mlpspec.report.markup import tag
from mlpspec.report.tables import fold, named, note, picture, sentence, table
from mlpspec.report.words import count, figure, rows

DRAWN_COLUMNS = 4
MOST_TABLE_ROWS = 50
WORST = 8
ERRORS = ("mean |error|", "RMSE", "R²", "mean error", "90 % of |errors| below", "RMSE of always answering the mean")
GREATEST = 1e150
"""A greater number is left out like one that is not finite: its square would be infinite."""


@dataclass(frozen=True)
class NumberColumn:
    """One number of a target: true and predicted values, (rows,) float64, all finite, and how many rows were left out."""

    name: str
    truth: np.ndarray
    prediction: np.ndarray
    left_out: int

    @property
    def error(self) -> np.ndarray:
        """Predicted minus true, (rows,)."""
        return self.prediction - self.truth


def answers_in_numbers(name: str, target: TargetAnswers, points: int) -> Iterator[str]:
    """How far off the answers are, column by column."""
    columns = list(_columns(name, target))
    known = [column for column in columns if len(column.truth)]
    if len(columns) == 1 and known:
        yield sentence(_off_by(known[0]))
    for column in columns:
        if not len(column.truth):
            yield sentence(f"{column.name}: no row has a finite prediction.")
    alone = len(columns) == 1
    if known and not alone:
        yield _error_table(known)
    if len(known) > DRAWN_COLUMNS:
        yield note(f"Charts of the first {DRAWN_COLUMNS} of {count(len(known))} columns.")
    drawn = [(column, histogram(column.error)) for column in known[:DRAWN_COLUMNS]]
    yield tag("div", *[card for column, spread in drawn for card in _pictures(column, spread, points, alone=alone)], class_="cards")
    yield tag("div", *[card for column, spread in drawn for card in _tables(column, spread, alone=alone)], class_="folds")


def _columns(name: str, target: TargetAnswers) -> Iterator[NumberColumn]:
    truth = np.asarray(target.answers.truth, np.float64).reshape(len(target.answers.truth), -1)
    prediction = np.asarray(target.answers.prediction, np.float64).reshape(truth.shape)
    usable = np.isfinite(truth) & np.isfinite(prediction) & (np.abs(truth) < GREATEST) & (np.abs(prediction) < GREATEST)
    width = truth.shape[1]
    names = [str(column) for column in target.columns]
    if len(names) != width:
        names = [name] if width == 1 else [f"{name} {i}" for i in range(width)]
    for i, column in enumerate(names):
        keep = usable[:, i]
        yield NumberColumn(column, truth[keep, i], prediction[keep, i], int((~keep).sum()))


def _off_by(column: NumberColumn) -> str:
    middle = np.median(column.truth)
    off, usual = (figure(float(np.abs(error).mean())) for error in (column.error, column.truth - middle))
    return f"Off by {off} on average. Always answering the median, {figure(float(middle))}, would be off by {usual}."


def _error_table(columns: list[NumberColumn]) -> str:
    body = [[column.name, *_error_figures(column)] for column in columns[:MOST_TABLE_ROWS]]
    more = note(f"The first {MOST_TABLE_ROWS} of {count(len(columns))} columns.") if len(columns) > MOST_TABLE_ROWS else ""
    return tag("div", table("Errors in the target's own unit", named("column", *ERRORS), body), more, class_="card")


def _error_figures(column: NumberColumn) -> list[str]:
    error, truth = column.error, column.truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    r2 = figure(1 - float((error**2).sum()) / spread if spread > 0 else None)
    mean, rmse, bias, most, usual = (
        figure(float(value))
        for value in (np.abs(error).mean(), (error**2).mean() ** 0.5, error.mean(), np.quantile(np.abs(error), 0.9), truth.std())
    )
    return [mean, rmse, r2, bias, most, usual]


def _pictures(column: NumberColumn, spread: Histogram, points: int, *, alone: bool) -> list[str]:
    """Two cards; a column that is alone has its figures on the second."""
    prefix = "" if alone else f"{column.name}: "
    shown = min(points, len(column.truth))
    told = "Points above the dashed line are predicted too high, points below it too low."
    told += f" {count(shown)} of {rows(len(column.truth))}, drawn at random." if shown < len(column.truth) else ""
    told += f" Left out, not finite: {rows(column.left_out)}." if column.left_out else ""
    scatter = scatter_chart(f"Predicted against true {column.name}", told, column.truth, column.prediction, most=points)
    low, high = (figure(float(end)) for end in np.quantile(column.error, (0.25, 0.75)))
    errors = f"Half of the errors lie between {low} and {high}."
    if spread.below or spread.above:
        errors += f" Beyond the left end: {rows(spread.below)}; beyond the right end: {rows(spread.above)}."
    bars = residual_chart(f"Errors of {column.name}", errors, spread)
    figures = zip(ERRORS, _error_figures(column), strict=True)
    more = [table("Errors in the target's own unit", named("figure", "value"), list(figures))] if alone else []
    return [picture(f"{prefix}Predicted against true", scatter, told), picture(f"{prefix}Errors", bars, errors, *more)]


def _tables(column: NumberColumn, spread: Histogram, *, alone: bool) -> list[str]:
    worst = np.argsort(-np.abs(column.error), kind="stable")[:WORST]
    body = [[figure(float(values[i])) for values in (column.truth, column.prediction, column.error)] for i in worst]
    edges = [figure(edge) for edge in spread.edges.tolist()]
    bars = [[f"{edges[i]} to {edges[i + 1]}", count(number)] for i, number in enumerate(spread.counts.tolist())]
    of = "" if alone else f" of {column.name}"
    return [
        fold(f"Largest errors{of}", table(f"Largest errors{of}", named("true", "predicted", "error", first_number=True), body)),
        fold(f"Errors{of} as a table", table(f"Rows by error{of}", named("predicted − true", "rows"), bars)),
    ]
