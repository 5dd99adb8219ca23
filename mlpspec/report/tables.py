"""Tables and folds of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpspec.report.markup import tag, text


@dataclass(frozen=True)
class Column:
    """A column's heading; numbers stand at its right edge. `code` sets names of things in a fixed-width font; `long` may break anywhere."""

    heading: str
    number: bool = False
    code: bool = False
    long: bool = False


def table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, marked: int | None = None, mark: str = "") -> str:
    """A table whose first column names the rows. Row `marked` is set off and carries the words `mark`.

    `caption` is read out, not shown: the heading above says it to the eye.
    """
    head = tag("tr", *[tag("th", text(column.heading), scope="col", class_="number" if column.number else None) for column in columns])
    body = [
        tag(
            "tr",
            *[_cell(columns[i], value, i == 0, mark if row == marked and i == 0 else "") for i, value in enumerate(values)],
            class_="marked" if row == marked else None,
        )
        for row, values in enumerate(rows)
    ]
    inner = tag("table", tag("caption", text(caption), class_="unseen"), tag("thead", head), tag("tbody", *body))
    return tag("div", inner, class_="scroll", tabindex="0", role="group", aria_label=caption)


def _cell(column: Column, value: str, first: bool, mark: str) -> str:
    content = tag("code", text(value)) if column.code and value else text(value)
    if mark:
        content = tag("span", text(mark), class_="badge") + " " + content
    kind = "number" if column.number else "long" if column.long else None
    return tag("th" if first else "td", content, scope="row" if first else None, class_=kind)


def fold(summary: str, *content: str, open_: bool = False) -> str:
    """Content that a click opens; a printed page shows it all."""
    return tag("details", tag("summary", text(summary)), *content, open="open" if open_ else None)


def picture(heading: str, drawing: str, caption: str, *more: str, wide: bool = False) -> str:
    """A chart with its heading above and what it says below, and more below that. A wide one can be scrolled on a narrow screen."""
    if wide:
        drawing = tag("div", drawing, class_="scroll", tabindex="0", role="group", aria_label=heading)
    return tag("figure", tag("figcaption", text(heading)), drawing, tag("div", note(caption), *more), class_="card")


def sampled(count: int, most: int, keep: Sequence[int] = ()) -> list[int]:
    """At most about `most` of `count` positions, evenly spaced, with the first, the last and those of `keep`.

    >>> sampled(10, 4), sampled(3, 4)
    ([0, 3, 6, 9], [0, 1, 2])
    """
    if count <= most:
        return list(range(count))
    even = {round(i * (count - 1) / (most - 1)) for i in range(most)}
    return sorted(even | {position for position in keep if 0 <= position < count})


def named(first: str, *others: str, first_number: bool = False) -> list[Column]:
    """Columns of numbers after one of names."""
    return [Column(first, number=first_number), *[Column(name, number=True) for name in others]]


def sentence(words: str) -> str:
    """A paragraph that matters."""
    return tag("p", text(words), class_="lead")


def note(words: str) -> str:
    """A paragraph in the background."""
    return tag("p", text(words), class_="note")
