"""How the errors of predicted numbers are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlpspec.report.charts.frame import Frame
from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import alone, domain, round_step
from mlpspec.report.words import rows

TAIL = 3.0
"""Ends are left out where all errors together span more than so many times what 98 % of them do."""


@dataclass(frozen=True)
class Histogram:
    """Counts between edges (one more than counts), and how many values lie below and above all of them."""

    edges: np.ndarray
    counts: np.ndarray
    below: int = 0
    above: int = 0


def histogram(values: np.ndarray) -> Histogram:
    """Bins of a round width with zero on an edge, after Freedman and Diaconis 1981, 8 to 40 of them; long tails are only counted.

    `values`: (rows,), finite, at least one.
    """
    low, high = float(values.min()), float(values.max())
    near, far = (float(end) for end in np.quantile(values, (0.01, 0.99)))
    if far > near and high - low > TAIL * (far - near):
        low, high = near, far
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    spread = float(np.subtract(*np.quantile(values, (0.75, 0.25))))
    wanted = (high - low) / (2 * spread / len(values) ** (1 / 3)) if spread > 0 else 20.0
    step = round_step(high - low, round(min(max(wanted, 8), 40)))
    first, last = int(np.floor(low / step)), int(np.ceil(high / step))
    last = max(last, first + 1)
    edges = np.arange(first, last + 1) * step
    inside = values[(values >= edges[0]) & (values <= edges[-1])]
    counts, _ = np.histogram(inside, edges)
    return Histogram(edges, counts, int((values < edges[0]).sum()), int((values > edges[-1]).sum()))


def residual_chart(title: str, description: str, found: Histogram) -> str:
    """Bars of how many rows have which error (predicted minus true), and a line at zero."""
    ends = float(found.edges[0]), float(found.edges[-1])
    frame = Frame(
        ends,
        (0.0, domain([0.0, float(found.counts.max())])[1]),
        x_title="predicted − true",
        y_title="rows",
        right=18,
        height=280,
        width=400,
    )
    bars = []
    for start, end, count in zip(found.edges[:-1].tolist(), found.edges[1:].tolist(), found.counts.tolist(), strict=True):
        if count:
            left, right, y = frame.x(start), frame.x(end), frame.y(count)
            told = f"{alone(start)} to {alone(end)}: {rows(count)}"
            bars.append(
                tag(
                    "rect",
                    tag("title", text(told)),
                    x=left + 0.6,
                    y=y,
                    width=max(right - left - 1.2, 0.8),
                    height=frame.bottom - y,
                    class_="bar c1",
                )
            )
    zero = []
    if ends[0] <= 0 <= ends[1]:
        x = frame.x(0)
        zero = [
            tag("path", d=f"M{short(x)} {short(frame.top)}V{short(frame.bottom)}", class_="mark"),
            tag("text", "no error", x=x, y=frame.top - 7.0, class_="middle"),
        ]
    return frame.drawing(title, description, [*bars, *zero], "chart square")
