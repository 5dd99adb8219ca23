"""Dots over any axis: the value of each trial or fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpspec.report.charts.frame import LETTER, Frame
from mlpspec.report.charts.lines import spans_decades
from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import domain, drawable, log_domain
from mlpspec.report.words import clipped

ROOM = 0.04
"""What is left free at both ends of an axis of numbers, as a share of its length, so that no dot lies on an end."""


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, perhaps logarithmic, or one of names at 0, 1, 2, ..."""

    title: str
    low: float
    high: float
    log: bool = False
    names: Sequence[str] = ()
    whole: bool = False

    @classmethod
    def of_numbers(cls, title: str, values: Sequence[float | None], *, log: bool | None = None, whole: bool = False) -> Axis:
        """Round ends around some values. It is logarithmic as asked, by default where all are positive and span over two decades."""
        known = drawable(values)
        log = spans_decades(known) if log is None else log and bool(known) and min(known) > 0
        ends = log_domain(known) if log else domain(known)
        if ends[0] == ends[1]:
            ends = ends[0] / 2, ends[1] * 2
        return cls(f"{title} (log scale)" if log else title, *ends, log, (), whole)

    @classmethod
    def of_names(cls, title: str, names: Sequence[str]) -> Axis:
        """Names beside each other."""
        return cls(title, -0.5, max(len(names), 1) - 0.5, False, tuple(names))


@dataclass(frozen=True)
class Dot:
    """A dot with the words that are told under the pointer. `style` chooses the colour; 0 is the quiet one."""

    x: float
    y: float
    told: str
    style: int = 1


def points_chart(
    title: str,
    description: str,
    x: Axis,
    y: Axis,
    dots: Sequence[Dot],
    *,
    stairs: Sequence[tuple[float, float]] = (),
    level: float | None = None,
    level_words: str = "",
) -> str:
    """Dots, the last ones on top.

    Args:
        title, description: the picture's name, and what it shows in a sentence.
        stairs: the corners at which a line changes its height: the best so far.
        level: a height that a line marks, with its words.
    """
    frame = Frame(
        (x.low, x.high),
        (y.low, y.high),
        x_title=x.title,
        y_title=y.title,
        right=18.0,
        log=y.log,
        whole=x.whole,
        x_log=x.log,
        x_names=x.names,
    )
    shown = [dot for dot in dots if frame.x.shows(dot.x) and frame.y.shows(dot.y)]
    body = [*_stairs(frame, stairs), *_level(frame, level, level_words)]
    for dot in shown:
        radius = 4.0 if len(shown) <= 200 else 2.6
        drawn = tag("circle", tag("title", text(dot.told)), cx=frame.x(dot.x), cy=frame.y(dot.y), r=radius, class_=f"dot c{dot.style % 7}")
        body.append(drawn)
    if not shown:
        body.append(tag("text", "no values", x=(frame.left + frame.right) / 2, y=(frame.top + frame.bottom) / 2, class_="middle"))
    return frame.drawing(title, description, body)


def _stairs(frame: Frame, corners: Sequence[tuple[float, float]]) -> list[str]:
    known = [(x, y) for x, y in corners if frame.x.shows(x) and frame.y.shows(y)]
    if not known:
        return []
    path = f"M{frame.at(*known[0])}" + "".join(f"H{short(frame.x(x))}V{short(frame.y(y))}" for x, y in known[1:])
    return [tag("path", d=f"{path}H{short(frame.right)}", class_="line c2")]


def _level(frame: Frame, level: float | None, words: str) -> list[str]:
    if level is None or not frame.y.shows(level):
        return []
    y = frame.y(level)
    fitting = clipped(words, int((frame.right - frame.left) / LETTER))
    above = y - 6 if y - 20 > frame.top else y + 16
    return [
        tag("path", d=f"M{short(frame.left)} {short(y)}H{short(frame.right)}", class_="mark"),
        tag("text", text(fitting), x=frame.right, y=above, class_="end halo"),
    ]
