"""The report of a study: how the search went, which values were good, and which of them matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlpspec.report.charts import Axis, Dot, Line, Way, bars_chart, line_chart, parallel_chart, points_chart
from mlpspec.report.content import ReportContent
from mlpspec.report.markup import tag, text
from mlpspec.report.page import run_section, spec_section
from mlpspec.report.sheet import heading, sheet, tiles, warnings_box
from mlpspec.report.tables import Column, fold, note, picture, sampled, table
from mlpspec.report.words import NOTHING, count, duration, figure, moment, percent, short_names

MOST_CURVES = 5
MOST_TILES = 7
MOST_ROWS = 60
MOST_SLICES = 24
MOST_DOTS = 800
STAND_OUT = 3
"""So many of the best trials stand out among the others."""


@dataclass(frozen=True)
class Tuned:
    """One parameter: its path, and its ends or the labels of its choices."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class TrialRow:
    """One trial: its number, its state (`finished`, `pruned`, `failed`), its objective, its values, and the objective by epoch."""

    number: int
    state: str
    objective: float | None
    values: Mapping[str, Any]
    seconds: float | None = None
    error: str = ""
    curve: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True)
class TuningContent:
    """What the page says. `about` has what it shares with the report of a run; its `spec` is the best one.

    `trials` are those that have ended, by number; `best` are the finished ones, the best first; `goal` is `min` or `max`.
    """

    about: ReportContent
    objective: str
    goal: str
    sampler: str
    tuned: Sequence[Tuned]
    trials: Sequence[TrialRow]
    best: Sequence[TrialRow]
    importances: Mapping[str, float]


def tuning_page(content: TuningContent) -> str:
    """The whole page as HTML."""
    about = content.about
    sections = {
        "search": list(_search(content)),
        "parameters": list(_parameters(content)),
        "trials": list(_trials(content)),
        "run": list(run_section(about)),
        "best spec": list(spec_section(about)),
    }
    return sheet(f"{about.name}: tuning", list(_header(content)), warnings_box(about.warnings), sections)


def _header(content: TuningContent) -> Iterator[str]:
    about = content.about
    states = {state: sum(trial.state == state for trial in content.trials) for state in ("finished", "pruned", "failed")}
    facts = [
        tag("time", text(moment(about.started)), datetime=about.started) if about.started else "",
        text(f"{len(content.trials)} trials: " + ", ".join(f"{number} {state}" for state, number in states.items() if number)),
        text(content.sampler),
        text(duration(about.seconds)) if about.seconds is not None else "",
    ]
    yield from heading("mlpspec tuning", about.name, facts)
    if content.best:
        best = content.best[0]
        short = short_names(_names(content))
        chosen = _names(content)[:MOST_TILES]
        shown = [(content.objective, figure(best.objective)), *((short[name], shown_value(best.values.get(name))) for name in chosen)]
        yield note(f"The best trial: number {best.number}")
        yield tiles(shown)


def _search(content: TuningContent) -> Iterator[str]:
    charts = [_history(content), *_curves(content), *_importance(content)]
    yield tag("div", *charts, class_="cards")
    if len(content.tuned) > 1 and content.best:
        yield _parallel(content)


def _history(content: TuningContent) -> str:
    dots: list[Dot] = []
    stairs: list[tuple[float, float]] = []
    better = min if content.goal == "min" else max
    shown = {content.trials[place].number for place in sampled(len(content.trials), MOST_DOTS)}
    for trial in content.trials:
        value = _height(trial)
        if value is not None and trial.number in shown:
            told = f"trial {trial.number} ({trial.state}): {figure(value)}\n{_said(trial)}"
            dots.append(Dot(float(trial.number), value, told, 1 if trial.state == "finished" else 0))
        if trial.state == "finished" and trial.objective is not None:
            stairs.append((float(trial.number), better(stairs[-1][1], trial.objective) if stairs else trial.objective))
    numbers = [float(trial.number) for trial in content.trials]
    x = Axis("trial", min(numbers, default=1.0) - 0.5, max(numbers, default=1.0) + 0.5, whole=True)
    y = Axis.of_numbers(content.objective, [dot.y for dot in dots])
    gone = sum(trial.state == "pruned" for trial in content.trials)
    told = f"Each dot is a trial, the line the best so far: {figure(stairs[-1][1])} in the end." if stairs else "No trial came to a figure."
    told += " Grey dots are trials that were given up early, at their last figure." if gone else ""
    return picture("History", points_chart(f"{content.objective} of each trial", told, x, y, dots, stairs=stairs), told)


def _curves(content: TuningContent) -> Iterator[str]:
    """The objective by epoch of the best trials."""
    chosen = [trial for trial in content.best if len(trial.curve) > 1][:MOST_CURVES]
    if not chosen:
        return
    epochs = sorted({epoch for trial in chosen for epoch, _ in trial.curve})
    lines = [
        Line(f"trial {trial.number}", [dict(trial.curve).get(epoch) for epoch in epochs], 1 + place) for place, trial in enumerate(chosen)
    ]
    lines = [Line(line.name, _joined(line.values), line.style) for line in lines]
    told = f"{content.objective} of the best trials by epoch; the figure of a trial is that of its best weights."
    drawn = line_chart(f"{content.objective} of the best trials", told, list(map(float, epochs)), lines, y_title=content.objective)
    yield picture("Best trials", drawn, told)


def _joined(values: Sequence[float | None]) -> list[float | None]:
    """Values with gaps filled by the one before, up to the last that is there: trials may tell their figures at other epochs."""
    last = max((place for place, value in enumerate(values) if value is not None), default=-1)
    filled: list[float | None] = []
    for place, value in enumerate(values):
        filled.append(value if value is not None else filled[-1] if filled and place <= last else None)
    return filled


def _importance(content: TuningContent) -> Iterator[str]:
    if len(content.importances) > 1:
        short = short_names(_names(content))
        shares = [(short.get(name, name), share) for name, share in sorted(content.importances.items(), key=lambda pair: -pair[1])]
        told = f"How much of what sets good trials apart each parameter explains (PED-ANOVA): {shares[0][0]} {percent(shares[0][1])}."
        yield picture("Importance", bars_chart("Importance of the parameters", told, shares[:12]), told)


def _parallel(content: TuningContent) -> str:
    finished = [trial for trial in content.best if trial.objective is not None]
    short = short_names(_names(content))
    axes = [replace(_axis(tuned), title=short[tuned.name]) for tuned in content.tuned]
    axes.append(Axis.of_numbers(content.objective, [trial.objective for trial in finished]))
    ways = [
        Way(
            [*(_place(tuned, trial) for tuned in content.tuned), trial.objective],
            f"trial {trial.number}: {_said(trial)}",
            place < STAND_OUT,
        )
        for place, trial in enumerate(finished)
    ]
    told = f"A line for each finished trial; the {min(STAND_OUT, len(ways))} best stand out."
    return picture("All values together", parallel_chart("Values of the trials", told, axes, ways), told, wide=True)


def _parameters(content: TuningContent) -> Iterator[str]:
    """The objective over each parameter."""
    charts = []
    for tuned in content.tuned[:MOST_SLICES]:
        dots = []
        for trial in [content.best[place] for place in reversed(sampled(len(content.best), MOST_DOTS, range(STAND_OUT)))]:
            place, value = _place(tuned, trial), trial.objective
            if place is not None and value is not None:
                stands_out = trial in content.best[:STAND_OUT]
                dots.append(Dot(place, value, f"trial {trial.number}: {figure(value)}\n{_said(trial)}", 2 if stands_out else 1))
        y = Axis.of_numbers(content.objective, [dot.y for dot in dots])
        told = f"{content.objective} of the finished trials over {tuned.name}; the best stand out."
        charts.append(picture(tuned.name, points_chart(f"{content.objective} over {tuned.name}", told, _axis(tuned), y, dots), told))
    if charts:
        yield tag("div", *charts, class_="cards")


def _trials(content: TuningContent) -> Iterator[str]:
    names, short = _names(content), short_names(_names(content))
    order = [*content.best, *(trial for trial in content.trials if trial.state != "finished")]
    shown = [order[place] for place in sampled(len(order), MOST_ROWS)] if len(order) > MOST_ROWS else order
    columns = [
        Column("trial"),
        Column("state"),
        Column(content.objective, number=True),
        *[Column(short[name], number=True) for name in names],
    ]
    rows = [
        [
            str(trial.number),
            trial.state,
            figure(trial.objective),
            *[shown_value(trial.values.get(name)) for name in names],
            NOTHING if trial.seconds is None else duration(trial.seconds),
        ]
        for trial in shown
    ]
    drawn = table(
        "The trials, the best first", [*columns, Column("time", number=True)], rows, marked=0 if content.best else None, mark="best"
    )
    part = note(f"{len(shown)} of {count(len(order))} trials.") if len(shown) < len(order) else ""
    yield tag("div", drawn, part, class_="card")
    failed = [trial for trial in content.trials if trial.state == "failed"]
    if failed:
        reasons = [[str(trial.number), trial.error or "unknown", _said(trial)] for trial in failed[:MOST_ROWS]]
        yield fold(f"Why {len(failed)} failed", table("Failed trials", [Column("trial"), Column("reason"), Column("values")], reasons))


def shown_value(value: Any) -> str:
    """A value of the spec as the page shows it."""
    return NOTHING if value is None else figure(value) if isinstance(value, int | float) else str(value)


def _said(trial: TrialRow) -> str:
    short = short_names(list(trial.values))
    return ", ".join(f"{short[name]} {shown_value(value)}" for name, value in trial.values.items())


def _names(content: TuningContent) -> list[str]:
    return [tuned.name for tuned in content.tuned]


def _height(trial: TrialRow) -> float | None:
    """Where a trial lies in the history: its objective, or the last figure before it was given up."""
    if trial.state == "pruned" and trial.curve:
        return trial.curve[-1][1]
    return trial.objective


def _place(tuned: Tuned, trial: TrialRow) -> float | None:
    value = trial.values.get(tuned.name)
    if tuned.choices:
        return next((float(place) for place, choice in enumerate(tuned.choices) if choice == value), None)
    return None if value is None else float(value)


def _axis(tuned: Tuned) -> Axis:
    if tuned.choices:
        return Axis.of_names(tuned.name, tuned.choices)
    return Axis(f"{tuned.name} (log scale)" if tuned.log else tuned.name, tuned.low, tuned.high, tuned.log)
