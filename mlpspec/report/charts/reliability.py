"""Whether a probability of 80 per cent comes true in 80 of 100 cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlpspec.report.charts.frame import Frame
from mlpspec.report.markup import short, tag, text
from mlpspec.report.words import percent, rows

BINS = 10
SIZE = 400
Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


@dataclass(frozen=True)
class Bin:
    """The rows whose probability lies in `low..high`: how many, their mean probability, the share that came true with its 95 % interval."""

    low: float
    high: float
    rows: int
    said: float
    seen: float
    least: float
    most: float


def reliability(came_true: np.ndarray, probability: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Equal bins of probability that have rows. `came_true`: (rows,) bool; `probability`: (rows,) from 0 to 1.

    Source: sklearn.calibration.calibration_curve with strategy="uniform"; intervals after Wilson 1927.
    """
    edges = np.linspace(0, 1, bins + 1)
    number = np.searchsorted(edges[1:-1], probability)
    found = []
    for i in range(bins):
        inside = number == i
        size = int(inside.sum())
        if size:
            seen = float(came_true[inside].mean())
            found.append(Bin(float(edges[i]), float(edges[i + 1]), size, float(probability[inside].mean()), seen, *wilson(seen, size)))
    return found


def wilson(share: float, size: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in `size` rows (Wilson 1927).

    >>> [round(end, 4) for end in wilson(0.5, 10)]
    [0.2366, 0.7634]
    """
    middle = (share + Z95**2 / (2 * size)) / (1 + Z95**2 / size)
    half = Z95 / (1 + Z95**2 / size) * (share * (1 - share) / size + Z95**2 / (4 * size**2)) ** 0.5
    return max(middle - half, 0.0) if share > 0 else 0.0, min(middle + half, 1.0) if share < 1 else 1.0


def calibration_error(bins: list[Bin]) -> float:
    """The mean distance between said and seen over all rows (expected calibration error, Naeini et al. 2015)."""
    return sum(bin.rows * abs(bin.said - bin.seen) for bin in bins) / sum(bin.rows for bin in bins)


def reliability_chart(title: str, description: str, bins: list[Bin], *, said: str, seen: str) -> str:
    """The share that came true against the probability said, a point a bin with its 95 % interval; larger where there are more rows."""
    frame = Frame((0, 1), (0, 1), x_title=said, y_title=seen, square=True, width=SIZE, right=18)
    most = max(bin.rows for bin in bins)
    whiskers = "".join(f"M{frame.at(bin.said, bin.least)}V{short(frame.y(bin.most))}" for bin in bins)
    path = "M" + "L".join(frame.at(bin.said, bin.seen) for bin in bins)
    body = [
        tag("path", d=f"M{frame.at(0, 0)}L{frame.at(1, 1)}", class_="mark"),
        tag("path", d=whiskers, class_="whisker c1"),
        tag("path", d=path, class_="line faint c1"),
    ]
    body.append(tag("text", "as said", x=frame.x(0.3) + 12, y=frame.y(0.3) + 14, class_="halo"))
    for bin in bins:
        told = f"said {percent(bin.said)}, seen {percent(bin.seen)} ({percent(bin.least)} to {percent(bin.most)}), {rows(bin.rows)}"
        radius = 3.0 + 5.0 * (bin.rows / most) ** 0.5
        body.append(tag("circle", tag("title", text(told)), cx=frame.x(bin.said), cy=frame.y(bin.seen), r=radius, class_="dot c1"))
    return frame.drawing(title, description, body, "chart square")
