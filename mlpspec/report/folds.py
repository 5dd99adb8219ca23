"""The report of a cross-validation: every figure in every fold, and the answers to all rows while they were held out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlpspec.report.charts import Axis, Dot, Line, line_chart, points_chart
from mlpspec.report.content import ReportContent
from mlpspec.report.curves import column, in_order
from mlpspec.report.markup import tag, text
from mlpspec.report.page import answers_section, run_section, spec_section
from mlpspec.report.sheet import heading, sheet, tiles, warnings_box
from mlpspec.report.tables import Column, note, picture, table
from mlpspec.report.words import NOTHING, count, duration, figure, moment

MOST_CURVES = 12
"""With more folds than this their curves would hide each other."""

MOST_TILES = 4

HELD_OUT = "held out"


@dataclass(frozen=True)
class FoldRow:
    """One fold: its number, its rows by part, its figures on the held-out rows, the records of its epochs, and where its report lies."""

    number: int
    rows: Mapping[str, int]
    figures: Mapping[str, float | None]
    epochs: Sequence[Mapping[str, Any]]
    best_epoch: int
    ended: str
    seconds: float
    report: str


@dataclass(frozen=True)
class FoldsContent:
    """What the page says. `about` has what it shares with the report of a run; its only answers are those to `HELD_OUT` rows.

    `mean` and `sd` are those of the folds' figures on the held-out rows; None where there is none.
    """

    about: ReportContent
    folds: Sequence[FoldRow]
    mean: Mapping[str, float | None]
    sd: Mapping[str, float | None]


def folds_page(content: FoldsContent) -> str:
    """The whole page as HTML."""
    about = content.about
    sections = {
        "figures": list(_figures(content)),
        "training": list(_curves(content)),
        "answers": list(answers_section(about, [HELD_OUT], None)) if about.answers else [],
        "folds": list(_folds(content)),
        "run": list(run_section(about)),
        "spec": list(spec_section(about)),
    }
    return sheet(f"{about.name}: cross-validation", list(_header(content)), warnings_box(about.warnings), sections)


def _header(content: FoldsContent) -> Iterator[str]:
    about = content.about
    facts = [
        tag("time", text(moment(about.started)), datetime=about.started) if about.started else "",
        f"{len(content.folds)} folds",
        text(duration(about.seconds)) if about.seconds is not None else "",
        text(f"{count(about.parameters)} parameters") if about.parameters is not None else "",
    ]
    yield from heading("mlpspec cross-validation", about.name, facts)
    names = sorted((name for name, value in content.mean.items() if value is not None), key=lambda name: name.endswith("loss"))[:MOST_TILES]
    if names:
        yield note("On held-out rows: mean ± standard deviation over the folds")
        yield tiles([(_words(name), _plus_minus(content.mean[name], content.sd.get(name))) for name in names])


def _figures(content: FoldsContent) -> Iterator[str]:
    names = list(content.mean)
    columns = [Column("fold"), *[Column(_words(name), number=True) for name in names], Column("rows", number=True)]
    rows = [[str(fold.number), *[figure(fold.figures.get(name)) for name in names], count(fold.rows.get("test"))] for fold in content.folds]
    rows.append(["mean", *[figure(content.mean[name]) for name in names], ""])
    rows.append(["standard deviation", *[figure(content.sd.get(name)) for name in names], ""])
    drawn = table("Figures of each fold on its held-out rows", columns, rows, marked=len(content.folds))
    yield tag("div", drawn, note("On the rows that each fold held out."), class_="card")
    yield tag("div", *[_figure_chart(content, name) for name in names], class_="cards")


def _figure_chart(content: FoldsContent, name: str) -> str:
    values = [fold.figures.get(name) for fold in content.folds]
    dots = [
        Dot(place, value, f"fold {fold.number}: {figure(value)}")
        for place, (fold, value) in enumerate(zip(content.folds, values, strict=True))
        if value is not None
    ]
    mean, sd = content.mean[name], content.sd.get(name)
    told = f"{_words(name)}: {_plus_minus(mean, sd)} over the folds."
    drawn = points_chart(
        f"{_words(name)} of each fold",
        told,
        Axis.of_names("fold", [str(fold.number) for fold in content.folds]),
        Axis.of_numbers(_words(name), values, log=False),
        dots,
        level=mean,
        level_words=f"mean {figure(mean)}",
    )
    return picture(_words(name).capitalize(), drawn, told)


def _curves(content: FoldsContent) -> Iterator[str]:
    """The monitored figure of every fold by epoch, and the validation loss where that is another."""
    if not 1 <= len(content.folds) <= MOST_CURVES:
        return
    wanted = dict.fromkeys([content.about.monitor, "validation.loss"])
    charts = [chart for name in wanted if name for chart in _curve_chart(content, name)]
    if charts:
        yield tag("div", *charts, class_="cards")


def _curve_chart(content: FoldsContent, name: str) -> Iterator[str]:
    last = max((record["epoch"] for fold in content.folds for record in fold.epochs), default=0)
    x = [float(epoch) for epoch in range(1, last + 1)]
    lines = []
    for fold in content.folds:
        epochs = in_order(fold.epochs)
        values = dict(zip((record["epoch"] for record in epochs), column(epochs, name), strict=True))
        lines.append(Line(str(fold.number), [values.get(epoch) for epoch in range(1, last + 1)], fold.number))
    if not any(value is not None for line in lines for value in line.values):
        return
    told = f"{name} of each fold by epoch; best epochs: {', '.join(str(fold.best_epoch) for fold in content.folds)}."
    yield picture(_title(name), line_chart(f"{name} of each fold by epoch", told, x, lines, y_title=_title(name)), told)


def _folds(content: FoldsContent) -> Iterator[str]:
    columns = [Column("fold"), *[Column(name, number=True) for name in ("training", "validation", "held out", "best epoch", "time")]]
    rows = [
        [
            str(fold.number),
            *[count(fold.rows[part]) if part in fold.rows else NOTHING for part in ("train", "validation", "test")],
            str(fold.best_epoch),
            duration(fold.seconds),
            fold.ended,
        ]
        for fold in content.folds
    ]
    links = [tag("a", text(f"fold {fold.number}"), href=fold.report) for fold in content.folds]
    reports = tag("p", "Reports of the folds: ", ", ".join(links), class_="note")
    yield tag("div", table("The folds", [*columns, Column("ended")], rows), reports, class_="card")


def _plus_minus(mean: float | None, sd: float | None) -> str:
    if mean is None or sd is None or not math.isfinite(sd):
        return figure(mean)
    return f"{figure(mean)} ± {sd:.2g}"


def _title(name: str) -> str:
    return _words(name.replace(".", " ")).capitalize()


def _words(name: str) -> str:
    return name.replace("_", " ")
