"""The section of the training: loss, metrics and learning rate by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from mlpspec.report.charts import Line, Marked, line_chart, spans_decades
from mlpspec.report.content import ReportContent
from mlpspec.report.markup import tag
from mlpspec.report.scale import drawable
from mlpspec.report.tables import Column, fold, note, picture, sampled, table
from mlpspec.report.words import NOTHING, duration, figure

MOST_LINES = 5
TABLE_ROWS = 60


def training_section(content: ReportContent) -> list[str]:
    """Charts beside each other, and the epochs as a table. Empty without epochs."""
    if not content.epochs:
        return []
    content = replace(content, epochs=in_order(content.epochs))
    x = [float(record["epoch"]) for record in content.epochs]
    marked = Marked(float(content.best_epoch), f"best: epoch {content.best_epoch}") if content.best_epoch else None
    charts = [_loss(content, x, marked), *_target_losses(content, x, marked), *_metrics(content, x, marked), *_learning_rate(content, x)]
    return [tag("div", *charts, class_="cards"), _table(content)]


def in_order(epochs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The records by epoch; of an epoch that was run again after a resumption, the last."""
    last = {record["epoch"]: record for record in epochs}
    return [last[epoch] for epoch in sorted(last)]


def column(epochs: Sequence[Mapping[str, Any]], name: str) -> list[float | None]:
    """A figure over the epochs; None where it has no finite value."""
    values = [record.get(name) for record in epochs]
    return [float(value) if isinstance(value, int | float) and math.isfinite(value) else None for value in values]


ASIDE = ("epoch", "learning_rate", "skipped_steps", "seconds")
"""What a record has beside its figures."""


def _names(epochs: Sequence[Mapping[str, Any]]) -> list[str]:
    """All figures of the records, in the order of their first appearance."""
    return list(dict.fromkeys(name for record in epochs for name in record if name not in ASIDE))


def _loss(content: ReportContent, x: list[float], marked: Marked | None) -> str:
    found = [(words, column(content.epochs, name)) for words, name in (("training", "train.loss"), ("validation", "validation.loss"))]
    lines = [Line(words, values, style) for style, (words, values) in enumerate(found) if drawable(values)]
    told = " ".join(_told(line.name.capitalize() + " loss", line.values, x, "min") for line in lines) or "No loss has a finite value."
    return picture("Loss", line_chart("Loss by epoch", told, x, lines, y_title="loss", marked=marked), told)


def _target_losses(content: ReportContent, x: list[float], marked: Marked | None) -> Iterator[str]:
    names = [name for name in _names(content.epochs) if name.endswith(".loss") and name not in ("train.loss", "validation.loss")]
    for chunk in _chunks(names):
        lines = [Line(name[len("validation.") : -len(".loss")], column(content.epochs, name), 1 + i) for i, name in enumerate(chunk)]
        told = "What each target adds to the validation loss, before its weight."
        yield picture(
            "Loss of each target",
            line_chart("Validation loss of each target by epoch", told, x, lines, y_title="validation loss", marked=marked),
            told,
        )


def _metrics(content: ReportContent, x: list[float], marked: Marked | None) -> Iterator[str]:
    """Figures of which 1 is the best share a chart, target by target; each other figure has its own, for its unit is its own."""
    shares: dict[str, list[str]] = {}
    alone: list[str] = []
    for name in _names(content.epochs):
        if name.endswith(".loss"):
            continue
        values = drawable(column(content.epochs, name))
        if content.goals.get(name) == "max" and all(0 <= value <= 1 for value in values):
            shares.setdefault(_target(name), []).append(name)
        else:
            alone.append(name)
    for target, names in shares.items():
        for chunk in _chunks(names):
            lines = [Line(_metric(name), column(content.epochs, name), 1 + i) for i, name in enumerate(chunk)]
            told = _at_best(lines, x, marked)
            heading = f"{target}: validation metrics" if target else "Validation metrics"
            drawn = line_chart(f"{heading} by epoch", told, x, lines, y_title="higher is better, 1 is perfect", top=1.0, marked=marked)
            yield picture(heading, drawn, told)
    for name in alone:
        values = column(content.epochs, name)
        goal = content.goals.get(name, "")
        told = _told(_metric(name), values, x, goal)
        better = {"min": "lower is better", "max": "higher is better"}.get(goal, _metric(name))
        heading = f"{_target(name)}: validation {_metric(name)}" if _target(name) else f"Validation {_metric(name)}"
        drawn = line_chart(f"{heading} by epoch", told, x, [Line(_metric(name), values)], y_title=better, marked=marked)
        yield picture(heading, drawn, told)


def _learning_rate(content: ReportContent, x: list[float]) -> Iterator[str]:
    values = column(content.epochs, "learning_rate")
    rates = drawable(values)
    if not rates:
        return
    log = spans_decades(rates) and max(rates) >= 10 * median(rates)
    told = (
        f"{figure(rates[0])} after the first epoch, {figure(rates[-1])} at the end."
        if min(rates) < max(rates)
        else f"{figure(rates[0])} throughout."
    )
    drawn = line_chart("Learning rate by epoch", told, x, [Line("rate", values)], y_title="learning rate", log=log, zero=True)
    yield picture("Learning rate", drawn, told)


def _at_best(lines: Sequence[Line], x: Sequence[float], marked: Marked | None) -> str:
    """A sentence with the value of each curve at the marked epoch, or in the last one."""
    at = x.index(marked.x) if marked is not None and marked.x in x else len(x) - 1
    return f"In epoch {x[at]:g}: " + ", ".join(f"{line.name} {figure(line.values[at])}" for line in lines) + "."


def _told(name: str, values: Sequence[float | None], x: Sequence[float], goal: str) -> str:
    """A sentence about a curve: its best value, when, and its last."""
    known = [(value, epoch) for value, epoch in zip(values, x, strict=True) if value is not None]
    if not known:
        return f"{name} has no value in any epoch."
    last = known[-1]
    if goal not in ("min", "max"):
        return f"{name} ended at {figure(last[0])}."
    best = min(known) if goal == "min" else max(known, key=lambda pair: (pair[0], -pair[1]))
    word = "lowest" if goal == "min" else "highest"
    if best[1] == last[1]:
        return f"{name}: {word} in the last epoch, {figure(best[0])}."
    return f"{name}: {word} in epoch {best[1]:g}, {figure(best[0])}; {figure(last[0])} at the end."


def _table(content: ReportContent) -> str:
    epochs = content.epochs
    names = _names(epochs)
    best = next((i for i, record in enumerate(epochs) if record["epoch"] == content.best_epoch), None)
    shown = sampled(len(epochs), TABLE_ROWS, () if best is None else (best,))
    rates, seconds = column(epochs, "learning_rate"), column(epochs, "seconds")
    if any("skipped_steps" in record for record in epochs):
        names.append("skipped_steps")
    columns = {name: column(epochs, name) for name in names}
    rows = [
        [
            str(epochs[i]["epoch"]),
            *[figure(columns[name][i]) for name in names],
            figure(rates[i]),
            NOTHING if (time := seconds[i]) is None else duration(time),
        ]
        for i in shown
    ]
    headings = [Column("epoch", number=True), *[Column(name, number=True) for name in (*names, "learning rate", "time")]]
    drawn = table("Figures of each epoch", headings, rows, marked=None if best is None else shown.index(best), mark="best")
    part = "" if len(shown) == len(epochs) else note(f"{len(shown)} of {len(epochs)} epochs; metrics.jsonl has them all.")
    return fold("Epochs as a table", drawn, part)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), MOST_LINES):
        yield names[start : start + MOST_LINES]


def _target(name: str) -> str:
    """The target of a figure, `species` in `validation.species.accuracy`; empty where the figure names none."""
    return name.removeprefix("validation.").rpartition(".")[0]


def _metric(name: str) -> str:
    """The metric of a figure in words: `balanced accuracy` in `validation.species.balanced_accuracy`."""
    return name.rpartition(".")[2].replace("_", " ")
