"""What charts have in common: an SVG element with a name and a description, and a plot area with axes."""

from __future__ import annotations

from collections.abc import Sequence

from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import Scale, alone, labels, ticks

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
    """A plot area inside a picture of `width` x `height`, with its two scales. The left margin fits the labels of the y axis."""

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
        self.x = Scale(*x, self.left, self.right)
        self.x_ticks, self.x_labels = self._x_ticks(whole)

    def _x_ticks(self, whole: bool) -> tuple[list[float], list[str]]:
        """As many ticks as have room for their labels."""
        found: list[float] = []
        for count in (6, 4, 3, 2):
            found = ticks(self.x.low, self.x.high, count, whole=whole)
            needed = max([len(label) for label in labels(found)] or [0]) * LETTER + 10
            if len(found) < 2 or needed <= self.x(found[1]) - self.x(found[0]):
                break
        return found, labels(found)

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
