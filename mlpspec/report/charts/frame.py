"""What charts have in common: an SVG element with a name and a description, and a plot area with axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import Scale, alone, labels, ticks
from mlpspec.report.words import clipped

WIDTH = 460
HEIGHT = 280
LETTER = 7.6
"""Room for one letter of the largest size in use, that on a phone."""

TOP, BOTTOM, PAD = 40, 42, 8


def drawing(width: float, height: float, title: str, description: str, body: Sequence[str], class_: str = "chart") -> str:
    """An SVG picture whose title and description a screen reader tells."""
    return tag(
        "svg",
        tag("title", text(title)),
        tag("desc", text(description)),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        class_=class_,
        viewBox=f"0 0 {short(width)} {short(height)}",
    )


class Frame:
    """A plot area inside a picture of `width` x `height`, with its two scales. The left margin fits the labels of the y axis.

    The x axis may be logarithmic (`x_log`), or have names (`x_names`) at 0, 1, 2, ...
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        x_title: str,
        y_title: str,
        right: float = PAD,
        log: bool = False,
        whole: bool = False,
        square: bool = False,
        width: float = WIDTH,
        height: float = HEIGHT,
        x_log: bool = False,
        x_names: Sequence[str] = (),
    ):
        self.width, self.x_title, self.y_title = width, x_title, y_title
        bottom = height - BOTTOM
        self.y = Scale(*y, bottom, TOP, log)
        self.y_ticks = self.y.ticks(7 if log else 5 if height < 320 else 6)
        self.y_labels = [alone(tick) for tick in self.y_ticks] if log else labels(self.y_ticks)
        self.left = PAD + 6 + LETTER * max([len(label) for label in self.y_labels] or [1])
        if square:
            self.height = TOP + (width - right - self.left) + BOTTOM
            bottom = self.height - BOTTOM
            self.y = Scale(*y, bottom, TOP, log)
        else:
            self.height = height
        self.bottom, self.top, self.right = bottom, TOP, width - right
        self.x = Scale(*x, self.left, self.right, x_log)
        self.x_ticks, self.x_labels = self._named_ticks(x_names) if x_names else self._x_ticks(whole)

    def _x_ticks(self, whole: bool) -> tuple[list[float], list[str]]:
        """As many ticks as have room for their labels."""
        found: list[float] = []
        words: list[str] = []
        for count in (6, 4, 3, 2):
            found = self.x.ticks(count) if self.x.log else ticks(self.x.low, self.x.high, count, whole=whole)
            words = [alone(value) for value in found] if self.x.log else labels(found)
            needed = max([len(label) for label in words] or [0]) * LETTER + 10
            if len(found) < 2 or needed <= min(self.x(right) - self.x(left) for left, right in pairwise(found)):
                break
        return found, words

    def _named_ticks(self, names: Sequence[str]) -> tuple[list[float], list[str]]:
        """A tick for each name, or for every other one and so on, each name as long as there is room."""
        room = (self.right - self.left) / len(names)
        stride = max(1, math.ceil(3 * LETTER / room))
        places = range(0, len(names), stride)
        letters = max(3, int((room * stride - 6) / LETTER))
        return [float(place) for place in places], [clipped(names[place], letters) for place in places]

    def axes(self) -> list[str]:
        """Grid lines, ticks, labels and titles of both axes."""
        grid = "".join(f"M{short(self.left)} {short(self.y(tick))}H{short(self.right)}" for tick in self.y_ticks)
        marks = "".join(f"M{short(self.x(tick))} {short(self.bottom)}v4" for tick in self.x_ticks)
        return [
            tag("path", d=grid, class_="grid"),
            tag("path", d=f"M{short(self.left)} {short(self.bottom)}H{short(self.right)}{marks}", class_="axis"),
            *[
                tag("text", text(label), x=self.left - 7, y=self.y(tick) + 4, class_="end")
                for tick, label in zip(self.y_ticks, self.y_labels, strict=True)
            ],
            *[
                tag("text", text(label), x=self.x(tick), y=self.bottom + 18, class_="middle")
                for tick, label in zip(self.x_ticks, self.x_labels, strict=True)
            ],
            tag("text", text(self.x_title), x=self.right, y=self.bottom + 36, class_="end name"),
            tag("text", text(self.y_title), x=4.0, y=15.0, class_="name"),
        ]

    def at(self, x: float, y: float) -> str:
        """A point of the plot as `x y`."""
        return f"{short(self.x(x))} {short(self.y(y))}"

    def drawing(self, title: str, description: str, body: Sequence[str], class_: str = "chart") -> str:
        """The whole picture: axes with `body` on top."""
        return drawing(self.width, self.height, title, description, [*self.axes(), *body], class_)
