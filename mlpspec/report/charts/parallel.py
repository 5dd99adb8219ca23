"""Parallel coordinates: an upright axis for each parameter, and a line through the values of each trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpspec.report.charts.frame import LETTER, PAD, drawing
from mlpspec.report.charts.points import Axis
from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import Scale, alone
from mlpspec.report.words import clipped

HEIGHT = 320.0
TOP, BOTTOM = 44.0, 26.0
APART = 150.0
"""Between two axes."""

MOST_LINES = 150


@dataclass(frozen=True)
class Way:
    """The values of one trial, one for each axis; None breaks the line. `best` ones stand out."""

    values: Sequence[float | None]
    told: str
    best: bool = False


def parallel_chart(title: str, description: str, axes: Sequence[Axis], ways: Sequence[Way]) -> str:
    """Lines through upright axes, those that stand out on top; the first `MOST_LINES` of the others.

    Args:
        title, description: the picture's name, and what it shows in a sentence.
        axes: of numbers or names; the title of each stands above it.
        ways: the lines.
    """
    width = PAD * 2 + APART * max(len(axes), 1)
    places = [PAD + APART * (number + 0.5) for number in range(len(axes))]
    scales = [Scale(axis.low, axis.high, HEIGHT - BOTTOM, TOP, axis.log) for axis in axes]
    quiet = [way for way in ways if not way.best][:MOST_LINES]
    body = [_line(places, scales, way, "line faint c1") for way in quiet]
    body += [_line(places, scales, way, "line c2") for way in ways if way.best]
    for place, scale, axis in zip(places, scales, axes, strict=True):
        body += _axis(place, scale, axis)
    return drawing(width, HEIGHT, title, description, body, "chart wide")


def _line(places: Sequence[float], scales: Sequence[Scale], way: Way, class_: str) -> str:
    path, drawn = "", False
    for place, scale, value in zip(places, scales, way.values, strict=True):
        if value is None or not scale.shows(value):
            drawn = False
            continue
        path += f"{'L' if drawn else 'M'}{short(place)} {short(scale(value))}"
        drawn = True
    return tag("path", tag("title", text(way.told)), d=path, class_=class_) if path else ""


def _axis(place: float, scale: Scale, axis: Axis) -> list[str]:
    letters = int((APART - 10) / LETTER)
    ticks = [(float(number), name) for number, name in enumerate(axis.names)] or [(end, alone(end)) for end in (axis.low, axis.high)]
    return [
        tag("path", d=f"M{short(place)} {short(TOP)}V{short(HEIGHT - BOTTOM)}", class_="axis"),
        tag("text", tag("title", text(axis.title)), text(clipped(axis.title, letters)), x=place, y=TOP - 24, class_="middle label"),
        *[
            tag("text", text(clipped(words, letters // 2)), x=place, y=_beside(scale, value), class_="middle halo")
            for value, words in ticks
        ],
    ]


def _beside(scale: Scale, value: float) -> float:
    """Where the words of a tick stand: above the upper end, below the lower one, else upon the axis."""
    y = scale(value)
    return y - 6 if y <= TOP + 1 else y + 16 if y >= HEIGHT - BOTTOM - 1 else y + 4
