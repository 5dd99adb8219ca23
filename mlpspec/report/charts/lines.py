"""Curves over epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlpspec.report.charts.frame import LETTER, PAD, Frame
from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import domain, drawable, log_domain
from mlpspec.report.words import clipped, figure

MOST_POINTS = 360
"""A longer curve is drawn through the first, least, greatest and last point of each of so many / 4 pieces (M4, Jugel et al. 2014)."""

MOST_STRIPS = 60
LABEL_LENGTH = 20
LABEL_GAP = 16.0
LOG_SPAN = 100.0


@dataclass(frozen=True)
class Line:
    """A named curve: a value for each x, None or NaN where there is none. `style` chooses colour and dash (0 is the quiet one)."""

    name: str
    values: Sequence[float | None]
    style: int = 1


@dataclass(frozen=True)
class Marked:
    """An x that a thin line marks, with its words."""

    x: float
    words: str


def line_chart(
    title: str,
    description: str,
    x: Sequence[float],
    lines: Sequence[Line],
    *,
    y_title: str,
    x_title: str = "epoch",
    log: bool | None = None,
    top: float | None = None,
    zero: bool = False,
    marked: Marked | None = None,
) -> str:
    """Curves with their names at their right ends; a single one is named by the picture.

    Args:
        title: the picture's name.
        description: what it shows, in a sentence, for those who do not see it.
        x: whole numbers in rising order.
        lines: the curves, each with a value for each x.
        y_title: the y axis.
        x_title: the x axis.
        log: whether the y axis is logarithmic; by default where all values are positive and span more than two decades.
        top: where the y axis must not reach beyond, such as 1 for a share.
        zero: whether a straight y axis always begins at zero.
        marked: an x to mark.
    """
    values = [value for line in lines for value in drawable(line.values)]
    if log is None:
        log = spans_decades(values)
    low, high = log_domain(values) if log else domain([*values, 0.0] if zero else values)
    high = min(high, top) if top is not None else high
    named = len(lines) > 1
    right = PAD + 10 + LETTER * max(len(clipped(line.name, LABEL_LENGTH)) for line in lines) if named else 18.0
    ends = (min(x), max(x)) if len(x) and min(x) < max(x) else (x[0] - 0.5, x[0] + 0.5) if len(x) else (0.0, 1.0)
    frame = Frame(
        ends, (low, high), x_title=x_title, y_title=f"{y_title} (log scale)" if log else y_title, right=right, log=log, whole=True
    )
    curves = [part for line in lines for part in _curve(frame, x, line)]
    names = _names(frame, x, lines) if named else ()
    body = [*_mark_line(frame, marked, x), *curves, *_rings(frame, marked, x, lines), *names, *_strips(frame, x, lines, x_title)]
    if not values:
        body.append(tag("text", "no values", x=(frame.left + frame.right) / 2, y=(frame.top + frame.bottom) / 2, class_="middle"))
    return frame.drawing(title, description, body)


def spans_decades(values: Sequence[float]) -> bool:
    """Whether all values are positive and the greatest is more than a hundred times the least."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > LOG_SPAN


def pieces(frame: Frame, x: Sequence[float], values: Sequence[float | None]) -> Iterator[list[tuple[float, float]]]:
    """The unbroken stretches of a curve; a value without a place breaks it."""
    stretch: list[tuple[float, float]] = []
    for place, value in zip(x, values, strict=True):
        if value is not None and frame.y.shows(value):
            stretch.append((place, value))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most about `most` of the points, such that the drawn curve keeps its peaks."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(len(points) / (most // 4))
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        chosen = {
            0,
            len(bucket) - 1,
            min(range(len(bucket)), key=lambda i: bucket[i][1]),
            max(range(len(bucket)), key=lambda i: bucket[i][1]),
        }
        kept.extend(bucket[i] for i in sorted(chosen))
    return kept


def _curve(frame: Frame, x: Sequence[float], line: Line) -> Iterator[str]:
    path = ""
    for stretch in pieces(frame, x, line.values):
        if len(stretch) == 1:
            px, py = frame.x(stretch[0][0]), frame.y(stretch[0][1])
            yield tag("circle", cx=px, cy=py, r=3.2, class_=f"dot c{line.style % 7}")
        else:
            path += "M" + "L".join(frame.at(*point) for point in thinned(stretch))
    if path:
        yield tag("path", d=path, class_=f"line c{line.style % 7}")


def _mark_line(frame: Frame, marked: Marked | None, x: Sequence[float]) -> Iterator[str]:
    if marked is None or marked.x not in x:
        return
    place = frame.x(marked.x)
    half = len(marked.words) * LETTER / 2
    side = "end" if place + half > frame.right else "" if place - half < frame.left else "middle"
    yield tag("path", d=f"M{short(place)} {short(frame.top)}V{short(frame.bottom)}", class_="mark")
    yield tag("text", text(marked.words), x=place, y=frame.top - 7.0, class_=f"strong {side}".strip())


def _rings(frame: Frame, marked: Marked | None, x: Sequence[float], lines: Sequence[Line]) -> Iterator[str]:
    if marked is None or marked.x not in x:
        return
    for line in lines:
        value = line.values[list(x).index(marked.x)]
        if value is not None and frame.y.shows(value):
            yield tag("circle", cx=frame.x(marked.x), cy=frame.y(value), r=4.5, class_=f"ring c{line.style % 7}")


def _names(frame: Frame, x: Sequence[float], lines: Sequence[Line]) -> Iterator[str]:
    ends = []
    for line in lines:
        last = next(((p, v) for p, v in reversed(list(zip(x, line.values, strict=True))) if v is not None and frame.y.shows(v)), None)
        if last is not None:
            ends.append((frame.y(last[1]), frame.x(last[0]), line))
    ends.sort(key=lambda end: end[0])
    for (y, end_x, line), place in zip(ends, spread([end[0] for end in ends], frame.top, frame.bottom), strict=True):
        at = frame.right + 12.0
        yield tag("path", d=f"M{short(end_x + 3)} {short(y)}L{short(at - 3)} {short(place)}", class_=f"line thin c{line.style % 7}")
        name = clipped(line.name, LABEL_LENGTH)
        yield tag("text", *([tag("title", text(line.name))] if name != line.name else []), text(name), x=at, y=place + 4, class_="label")


def spread(places: Sequence[float], low: float, high: float, gap: float = LABEL_GAP) -> list[float]:
    """Rising places moved as little as need be for `gap` between neighbours, within `low..high` as long as they fit."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, low, moved[-1] + gap) if moved else max(place, low))
    limit = high
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], limit)
        limit = moved[i] - gap
    return moved


def _strips(frame: Frame, x: Sequence[float], lines: Sequence[Line], x_title: str) -> Iterator[str]:
    """Invisible strips that tell the values under the pointer."""
    count = min(len(x), MOST_STRIPS)
    if not count:
        return
    width = (frame.right - frame.left) / count
    for number in range(count):
        i = round(number * (len(x) - 1) / max(count - 1, 1))
        told = "\n".join([f"{x_title} {x[i]:g}", *[f"{line.name}: {figure(line.values[i])}" for line in lines]])
        start = min(max(frame.x(x[i]) - width / 2, frame.left), frame.right - width)
        yield tag("rect", tag("title", text(told)), x=start, y=frame.top, width=width, height=frame.bottom - frame.top, class_="hit")
