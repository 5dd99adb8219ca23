"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlpspec.report.charts.frame import LETTER, drawing
from mlpspec.report.markup import short, tag, text
from mlpspec.report.words import clipped, percent, rows

MOST_CLASSES = 20
LEVELS = 20
NAME_LENGTH = 16
NARROW, WIDE = 400, 560
SLANT = 0.64
"""Sine of the 40 degrees at which long column names stand."""


def confusion(truth: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Rows by true class (axis 0) and predicted class (axis 1): (classes, classes) int64. Source: sklearn.metrics.confusion_matrix."""
    return np.bincount(truth.astype(np.int64) * classes + prediction.astype(np.int64), minlength=classes**2).reshape(classes, classes)


def confusion_chart(title: str, description: str, counts: np.ndarray, classes: Sequence[str]) -> str:
    """The matrix as shaded cells: the count, and its share of the true class's rows. Up to `MOST_CLASSES` classes."""
    number = len(classes)
    names = [clipped(str(name), NAME_LENGTH) for name in classes]
    longest = max(len("true"), *map(len, names))
    cell_width, cell_height = (84, 54) if number <= 4 else (62, 48) if number <= 7 else (38, 32)
    upright = longest * LETTER <= cell_width - 4
    needed = 14 + longest * LETTER + number * cell_width
    top = 52 if upright else 36 + longest * LETTER * SLANT + 10
    overhang = 0.0 if upright else max(longest * LETTER * 0.77 - cell_width / 2, 0.0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    width = max(needed + overhang + 4, NARROW)
    left = needed - number * cell_width + (width - needed - overhang) / 2
    body = [
        *_cells(counts, shares, left, top, cell_width, cell_height),
        *_row_names(classes, names, left, top, cell_height),
        *_column_names(classes, names, left, top, cell_width, upright=upright),
        tag("text", "predicted", x=left, y=15.0, class_="name"),
        tag("text", "true", x=left - 8, y=top - 6 if upright else top - 10, class_="name end"),
    ]
    for row, column in np.argwhere(counts).tolist():
        x, y = left + column * cell_width, top + row * cell_height
        number_of_rows, share = int(counts[row, column]), float(shares[row, column])
        told = f"true {classes[row]}, predicted {classes[column]}: {rows(number_of_rows)}, {percent(share)} of the class"
        body.append(_cell_words(number_of_rows, share, x, y, cell_width, cell_height))
        body.append(tag("rect", tag("title", text(told)), x=x, y=y, width=cell_width, height=cell_height, class_="hit"))
    return drawing(width, top + number * cell_height + 6, title, description, body, class_="chart wide" if width > WIDE else "chart square")


def _cells(counts: np.ndarray, shares: np.ndarray, left: float, top: float, width: float, height: float) -> list[str]:
    """Shaded squares, those of the same shade in one path, and a frame around each right answer."""
    levels = np.ceil(shares * LEVELS).astype(int)
    paths: dict[int, str] = {}
    right = ""
    for row, column in np.ndindex(*counts.shape):
        square = f"M{short(left + column * width + 1)} {short(top + row * height + 1)}h{width - 2}v{height - 2}h{2 - width}z"
        level = int(levels[row, column])
        paths[level] = paths.get(level, "") + square
        right += square if row == column else ""
    shaded = [
        tag("path", d=path, class_="heat" if level else "cold", fill_opacity=f"{0.06 + 0.94 * level / LEVELS:.2f}" if level else None)
        for level, path in sorted(paths.items())
    ]
    return [*shaded, tag("path", d=right, class_="right")]


def _cell_words(count: int, share: float, x: float, y: float, width: float, height: float) -> str:
    tone = "on" if share > 0.5 else "off"
    middle = x + width / 2
    if width < 60:
        return tag("text", f"{count:,}", x=middle, y=y + height / 2 + 4, class_=f"middle cell small {tone}")
    return tag("text", f"{count:,}", x=middle, y=y + height / 2 - 1, class_=f"middle cell {tone}") + tag(
        "text", text(percent(float(share))), x=middle, y=y + height / 2 + 15, class_=f"middle share {tone}"
    )


def _row_names(classes: Sequence[str], names: Sequence[str], left: float, top: float, height: float) -> list[str]:
    return [
        tag("text", tag("title", text(full)), text(name), x=left - 8, y=top + (row + 0.5) * height + 4, class_="end label")
        for row, (full, name) in enumerate(zip(classes, names, strict=True))
    ]


def _column_names(classes: Sequence[str], names: Sequence[str], left: float, top: float, width: float, *, upright: bool) -> list[str]:
    found = []
    for column, (full, name) in enumerate(zip(classes, names, strict=True)):
        x, y = left + (column + 0.5) * width, top - 8
        turn = None if upright else f"rotate(-40 {short(x)} {short(y)})"
        found.append(
            tag("text", tag("title", text(full)), text(name), x=x, y=y, transform=turn, class_="middle label" if upright else "label")
        )
    return found
