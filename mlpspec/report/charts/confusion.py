"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mlpspec.report.charts.frame import LETTER, drawing
from mlpspec.report.markup import short, tag, text
from mlpspec.report.words import clipped, percent, rows

MOST_CLASSES = 20
LEVELS = 20
NAME_LENGTH = 16
DIGIT = 9.0
"""Room for one digit of a count on a phone."""

LARGE = 40
"""Cells of this height have room for two lines."""

NARROW, WIDE = 400, 560
SLANT = 0.64, 0.77
"""Sine and cosine of the 40 degrees at which long column names stand."""


def confusion(truth: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Rows by true class (axis 0) and predicted class (axis 1): (classes, classes) int64. Source: sklearn.metrics.confusion_matrix."""
    return np.bincount(truth.astype(np.int64) * classes + prediction.astype(np.int64), minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class Grid:
    """Where the cells lie: the upper left corner of the first, and the size of each."""

    left: float
    top: float
    width: int
    height: int

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """The upper left corner of a cell."""
        return self.left + column * self.width, self.top + row * self.height


def confusion_chart(title: str, description: str, counts: np.ndarray, classes: Sequence[str]) -> str:
    """The matrix as shaded cells: the count, and its share of the true class's rows. Up to `MOST_CLASSES` classes.

    `counts`: (true classes, predicted classes).
    """
    number = len(classes)
    names = [clipped(name, NAME_LENGTH) for name in classes]
    letters = LETTER * max(len("true"), *map(len, names))
    width, height = (84, 54) if number <= 4 else (62, 48) if number <= 7 else (38, 32)
    upright = letters <= width - 4
    overhang = 0.0 if upright else max(letters * SLANT[1] - width / 2, 0.0)
    needed = 14 + letters + number * width
    whole = max(needed + overhang + 4, NARROW)
    top = 52.0 if upright else 46 + letters * SLANT[0]
    grid = Grid(needed - number * width + (whole - needed - overhang) / 2, top, width, height)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    body = [
        *_shades(grid, shares),
        *_row_names(grid, classes, names),
        *_column_names(grid, classes, names, upright=upright),
        tag("text", "predicted", x=grid.left, y=15.0, class_="name"),
        tag("text", "true", x=grid.left - 8, y=top - 6, class_="name end"),
        *(_words if grid.height >= LARGE else _small_words)(grid, counts, shares, classes),
    ]
    return drawing(whole, top + number * height + 6, title, description, body, class_="chart wide" if whole > WIDE else "chart square")


def level(share: float) -> int:
    """The shade of a share, from 0 (none) to `LEVELS` (all)."""
    return int(np.ceil(round(share * LEVELS, 9)))


def _shades(grid: Grid, shares: np.ndarray) -> Iterator[str]:
    """Squares, those of the same shade in one path, and a frame around each right answer."""
    paths: dict[int, str] = {}
    right = ""
    for row, column in np.ndindex(*shares.shape):
        x, y = grid.corner(row, column)
        square = f"M{short(x + 1)} {short(y + 1)}h{grid.width - 2}v{grid.height - 2}h{2 - grid.width}z"
        shade = level(float(shares[row, column]))
        paths[shade] = paths.get(shade, "") + square
        right += square if row == column else ""
    for shade, path in sorted(paths.items()):
        opacity = f"{0.06 + 0.94 * shade / LEVELS:.2f}" if shade else None
        yield tag("path", d=path, class_="heat" if shade else "cold", fill_opacity=opacity)
    yield tag("path", d=right, class_="right")


def _tone(share: float) -> str:
    """The tone of words on a shade: each keeps a contrast of 4.1 or more."""
    return "off" if level(share) < 12 else "mid" if level(share) < 16 else "on"


def _words(grid: Grid, counts: np.ndarray, shares: np.ndarray, classes: Sequence[str]) -> Iterator[str]:
    """What stands in large cells, the count above its share, and what a pointer on them tells."""
    for row, column in np.argwhere(counts).tolist():
        count, share = int(counts[row, column]), float(shares[row, column])
        x, y = grid.corner(row, column)
        middle, center, tone = x + grid.width / 2, y + grid.height / 2, _tone(share)
        yield tag("text", brief(count, grid.width), x=middle, y=center - 1, class_=f"middle cell {tone}")
        yield tag("text", text(percent(share)), x=middle, y=center + 15, class_=f"middle {tone}")
        told = f"true {classes[row]}, predicted {classes[column]}: {rows(count)}, {percent(share)} of the class"
        yield tag("rect", tag("title", text(told)), x=x, y=y, width=grid.width, height=grid.height, class_="hit")


def _small_words(grid: Grid, counts: np.ndarray, shares: np.ndarray, classes: Sequence[str]) -> Iterator[str]:
    """What stands in small cells, the count, and what a pointer on it tells. Those of one tone share a group, for there may be hundreds."""
    groups: dict[str, str] = {}
    for row, column in np.argwhere(counts).tolist():
        count, share = int(counts[row, column]), float(shares[row, column])
        x, y = grid.corner(row, column)
        told = tag("title", text(f"{percent(share)} of {classes[row]}"))
        word = tag("text", told, brief(count, grid.width), x=x + grid.width / 2, y=y + grid.height / 2 + 4)
        groups[_tone(share)] = groups.get(_tone(share), "") + word
    for tone, words in groups.items():
        yield tag("g", words, class_=f"cells {tone}")


def brief(count: int, width: float) -> str:
    """A count in the room of a cell: whole, or in thousands or millions.

    >>> brief(1234, 84), brief(123456, 38)
    ('1,234', '123k')
    """
    whole = f"{count:,}"
    if len(whole) * DIGIT <= width or count < 1000:
        return whole
    return f"{count / 1e3:.3g}k" if count < 999_500 else f"{count / 1e6:.3g}M"


def _row_names(grid: Grid, classes: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for row, (full, name) in enumerate(zip(classes, names, strict=True)):
        y = grid.corner(row, 0)[1] + grid.height / 2 + 4
        yield tag("text", _full(full, name), text(name), x=grid.left - 8, y=y, class_="end label")


def _column_names(grid: Grid, classes: Sequence[str], names: Sequence[str], *, upright: bool) -> Iterator[str]:
    for column, (full, name) in enumerate(zip(classes, names, strict=True)):
        x, y = grid.corner(0, column)[0] + grid.width / 2, grid.top - 8
        turn = None if upright else f"rotate(-40 {short(x)} {short(y)})"
        yield tag("text", _full(full, name), text(name), x=x, y=y, transform=turn, class_="middle label" if upright else "label")


def _full(full: str, name: str) -> str:
    """The whole name for the pointer, where it is not all there."""
    return "" if full == name else tag("title", text(full))
