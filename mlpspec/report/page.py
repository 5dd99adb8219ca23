"""The report of a run: one HTML page that needs nothing else, no script and no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlpspec.report.answers import answers_of_target
from mlpspec.report.answers.numbers import DRAWN_COLUMNS
from mlpspec.report.charts.scatter import MOST_POINTS
from mlpspec.report.content import ReportContent, TargetAnswers
from mlpspec.report.curves import training_section
from mlpspec.report.markup import tag, text
from mlpspec.report.sheet import heading, sheet, tiles, warnings_box
from mlpspec.report.tables import Column, fold, note, sampled, table
from mlpspec.report.words import NOTHING, count, duration, figure, moment, percent

MOST_BYTES = 300_000
MOST_TILES = 4
MOST_LAYERS = 150
SPEC_CHARACTERS = 40_000
ALL_DOTS = 6000
"""How many dots all scatter charts of a page share."""

PARTS = {"test": "test", "validation": "validation", "train": "training"}
"""Parts with their words, the one that counts most first."""


def report_page(content: ReportContent) -> str:
    """The whole page as HTML, which is well-formed XML as well.

    Where it would grow beyond `MOST_BYTES`, it has charts of fewer parts and then of fewer targets, and says so; the figures are all there.
    """
    parts = _ordered(content.answers)
    page = ""
    for shown_parts, shown_targets in ((parts, None), (parts[:1], None), (parts[:1], 10), (parts[:1], 3), (parts[:1], 1)):
        page = _page(content, shown_parts, shown_targets)
        if len(page.encode()) <= MOST_BYTES:
            break
    return page


def _page(content: ReportContent, parts: Sequence[str], targets: int | None) -> str:
    """The page with charts of the answers over `parts`, and of the first `targets` targets."""
    found = {
        "figures": list(_figures(content)),
        "training": training_section(content),
        "answers": list(answers_section(content, parts, targets)),
        "network": list(_network(content)),
        "run": list(run_section(content)),
        "spec": list(spec_section(content)),
    }
    return sheet(f"{content.name}: report", [*_header(content), *_tiles(content)], warnings_box(content.warnings), found)


def _ordered(by_part: Mapping[str, object]) -> list[str]:
    """Names of parts that are there, the one that counts most first."""
    return [part for part in PARTS if part in by_part] + [part for part in by_part if part not in PARTS]


def _header(content: ReportContent) -> Iterator[str]:
    ran = max((record["epoch"] for record in content.epochs), default=0)
    words = {"finished": f"ran all {ran} epochs" if ran > 1 else "ran its one epoch", "early stopping": f"stopped early after {ran} epochs"}
    weights = "averaged weights" if content.weights == "average" else f"best weights: epoch {content.best_epoch}"
    facts = [
        tag("time", text(moment(content.started)), datetime=content.started) if content.started else "",
        text(words.get(content.ended, content.ended) if ran else ""),
        text(weights if content.best_epoch else ""),
        text(duration(content.seconds)) if content.seconds is not None else "",
        text(content.device),
        text(f"{count(content.parameters)} parameters" if content.parameters is not None else ""),
    ]
    yield from heading("mlpspec report", content.name, facts)


def _tiles(content: ReportContent) -> Iterator[str]:
    """The figures of the part that counts most, large; metrics before the loss."""
    parts = _ordered(content.figures)
    if not parts:
        return
    found = {name: value for name, value in content.figures[parts[0]].items() if value is not None}
    names = sorted(found, key=lambda name: (name == "loss", name.endswith(".loss")))[:MOST_TILES]
    if names:
        rows = f", {count(content.rows[parts[0]])} rows" if parts[0] in content.rows else ""
        yield note(f"On the {_part(parts[0])} part{rows}")
        yield tiles([(_words(name), figure(found[name])) for name in names])


def _figures(content: ReportContent) -> Iterator[str]:
    parts = [part for part in ("train", "validation", "test") if part in content.figures]
    parts += [part for part in content.figures if part not in parts]
    names = list(dict.fromkeys(name for part in parts for name in content.figures[part]))
    if not names:
        return
    rows = [[_words(name), *[figure(content.figures[part].get(name)) for part in parts]] for name in names]
    if content.rows:
        rows.append(["rows", *[count(content.rows[part]) if part in content.rows else NOTHING for part in parts]])
    notes = [f"{_words(name)}, {_part(part)}: {why}" for part, reasons in content.undefined.items() for name, why in reasons.items()]
    drawn = table("Figures by part", [Column("figure"), *[Column(_part(part), number=True) for part in parts]], rows)
    kept = _kept(content)
    inner = [note(kept)] if kept else []
    inner += [tag("ul", *[tag("li", text(f"{NOTHING} {why}")) for why in notes], class_="note plain")] if notes else []
    yield tag("div", drawn, *inner, class_="card")


def _kept(content: ReportContent) -> str:
    """Which weights the figures are of."""
    if content.weights == "average":
        return "With averaged weights, as they were at the end."
    if not content.best_epoch:
        return ""
    return f"With the weights of epoch {content.best_epoch}{f', the best by {content.monitor}' if content.monitor else ''}."


def answers_section(content: ReportContent, parts: Sequence[str], targets: int | None) -> Iterator[str]:
    """The first part in full view, the others folded."""
    chosen = {part: list(content.answers[part].items())[:targets] for part in parts}
    drawn = sum(min(_width(target), DRAWN_COLUMNS) for found in chosen.values() for _, target in found if target.classes is None)
    points = min(MOST_POINTS, ALL_DOTS // max(drawn, 1))
    for part, found in chosen.items():
        inner = [block for name, target in found for block in _target(name, target, points)]
        if part == parts[0]:
            left_out = len(content.answers[part]) - len(found)
            yield note(
                f"On the {_part(part)} part." + (f" {left_out} more targets are left out, to keep the page small." if left_out else "")
            )
            yield from inner
        else:
            yield fold(f"The same on the {_part(part)} part", *inner)
    if len(parts) < len(content.answers):
        yield note("The other parts are left out, to keep the page small.")


def _target(name: str, target: TargetAnswers, points: int) -> Iterator[str]:
    yield tag("h3", text(name))
    yield from answers_of_target(name, target, points=points)


def _width(target: TargetAnswers) -> int:
    truth = target.answers.truth
    return truth.shape[1] if truth.ndim > 1 else 1


def _network(content: ReportContent) -> Iterator[str]:
    if not content.layers:
        return
    shown = sampled(len(content.layers), MOST_LAYERS)
    rows = [
        [row.name, row.kind, ", ".join(row.reads), row.shape, NOTHING if row.parameters is None else count(row.parameters)]
        for row in (content.layers[i] for i in shown)
    ]
    columns = [
        Column("name", code=True),
        Column("layer"),
        Column("reads", code=True),
        Column("output", code=True),
        Column("parameters", number=True),
    ]
    total = f"{count(content.parameters)} parameters in all." if content.parameters is not None else ""
    part = f" {len(shown)} of {len(content.layers)} layers are shown." if len(shown) < len(content.layers) else ""
    more = note((total + part).strip()) if total or part else ""
    yield tag("div", table("Layers", columns, rows), more, class_="card")


def run_section(content: ReportContent) -> Iterator[str]:
    """Rows of each part, circumstances, hashes of the data."""
    cards = list(_run_cards(content))
    if cards:
        yield tag("div", *cards, class_="cards")


def _run_cards(content: ReportContent) -> Iterator[str]:
    total = sum(content.rows.values())
    if total:
        rows = [[_part(part), count(number), percent(number / total)] for part, number in content.rows.items()]
        yield tag(
            "div",
            tag("h3", "Rows"),
            table("Rows of each part", [Column("part"), Column("rows", number=True), Column("share", number=True)], rows),
            class_="card",
        )
    facts = {
        "started": content.started,
        "time": "" if content.seconds is None else duration(content.seconds),
        "ended": content.ended,
        "device": content.device,
        "seed": "" if content.seed is None else str(content.seed),
        **dict(content.versions),
    }
    known = [[name, value] for name, value in facts.items() if value]
    if known:
        yield tag(
            "div", tag("h3", "Circumstances"), table("Circumstances of the run", [Column("what"), Column("value")], known), class_="card"
        )
    if content.data:
        hashes = [[name, value] for name, value in content.data.items()]
        yield tag(
            "div",
            tag("h3", "Data"),
            table("Hashes of the data", [Column("file", code=True), Column("hash", code=True, long=True)], hashes),
            class_="card",
        )


def spec_section(content: ReportContent) -> Iterator[str]:
    """The text of the spec."""
    if content.spec:
        cut = content.spec[:SPEC_CHARACTERS]
        yield tag("pre", tag("code", text(cut)), class_="card", tabindex="0")
        if len(cut) < len(content.spec):
            yield note(f"The first {count(SPEC_CHARACTERS)} of {count(len(content.spec))} characters.")


def _part(part: str) -> str:
    return PARTS.get(part, part)


def _words(name: str) -> str:
    return name.replace("_", " ")
