"""The experiments' pictures, drawn with the charts of mlpspec's own reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from mlpspec.report.charts import Axis, Dot, Line, line_chart, points_chart
from runner.topic import Findings

Chart = Callable[[Findings], str]


def by_layer(title: str, told: str, figure: str, variants: Sequence[str], *, y_title: str, log: bool | None = None) -> Chart:
    """A figure of each layer, from the input's side to the head's: a line for each variant."""

    def chart(findings: Findings) -> str:
        lines = [Line(name, findings.curve(name, figure), style) for style, name in enumerate(variants, start=1)]
        layers = [float(layer) for layer in range(1, 1 + max(len(line.values) for line in lines))]
        return line_chart(title, told, layers, lines, y_title=y_title, x_title="layer", log=log)

    return chart


def by_epoch(
    title: str, told: str, figure: str, variants: Sequence[str], *, y_title: str, top: float | None = None, log: bool | None = None
) -> Chart:
    """A figure after each epoch, the mean over the seeds: a line for each variant, which ends where its training did."""

    def chart(findings: Findings) -> str:
        curves = {name: findings.curve(name, figure) for name in variants}
        length = max(map(len, curves.values()))
        lines = [
            Line(name, [*curve, *[None] * (length - len(curve))], style) for style, (name, curve) in enumerate(curves.items(), start=1)
        ]
        return line_chart(title, told, [float(epoch) for epoch in range(1, length + 1)], lines, y_title=y_title, top=top, log=log)

    return chart


def by_variant(title: str, told: str, figure: str, variants: Mapping[str, str], *, y_title: str, x_title: str) -> Chart:
    """A dot for each seed above the name of its variant. `variants`: short names by variant."""

    def chart(findings: Findings) -> str:
        dots = [
            Dot(float(place), float(value), f"{name}: {value:.4g}", 1)
            for place, name in enumerate(variants)
            for value in findings.values(name, figure)
        ]
        values = [dot.y for dot in dots]
        return points_chart(title, told, Axis.of_names(x_title, list(variants.values())), Axis.of_numbers(y_title, values), dots)

    return chart


def fitted_curves(
    title: str, told: str, data: np.ndarray | None, curves: Sequence[tuple[str, str, str]], *, x: np.ndarray | None = None
) -> Chart:
    """Curves over x by seed 0, and the data as dots.

    Args:
        title, told: the picture's name, and what it shows.
        data: (rows, 2), x rising; None for a picture of the curves alone.
        curves: name, variant and figure of each; a figure has a value for each x.
        x: the curves' places; by default the data's.
    """

    def chart(findings: Findings) -> str:
        places = [float(value) for value in (data[:, 0] if data is not None else x if x is not None else ())]
        values = [(name, findings.outcomes[variant][0][figure]) for name, variant, figure in curves]
        lines = [Line(name, list(answers), style) for style, (name, answers) in enumerate(values, start=1)]
        if data is None:
            return line_chart(title, told, places, lines, y_title="y", x_title="x", log=False)
        return line_chart(title, told, *_with_dots(places, lines, data[:, 1].tolist()), y_title="y", x_title="x", log=False)

    return chart


def _with_dots(x: Sequence[float], lines: Sequence[Line], y: Sequence[float]) -> tuple[list[float], list[Line]]:
    """Lines, and data as a line of single dots: between two places there is another one, where only the lines have a value."""
    between = [(left + right) / 2 for left, right in pairwise(x)]
    finer = sorted([*x, *between])
    dots: list[float | None] = [None] * len(finer)
    dots[::2] = y
    return finer, [Line("data", dots, 0), *[Line(line.name, np.interp(finer, x, line.values).tolist(), line.style) for line in lines]]


def plane(title: str, data: np.ndarray, grid: np.ndarray, variant: str) -> Chart:
    """Two classes in the plane, over the region that seed 0 gives to the second one. `data`: (rows, 3), `grid`: (points, 2)."""

    def chart(findings: Findings) -> str:
        answers = findings.outcomes[variant][0]["regions"]
        region = [Dot(float(x1), float(x2), "answered as 1", 0) for (x1, x2), answer in zip(grid, answers, strict=True) if answer == 1]
        points = [Dot(float(x1), float(x2), f"class {side:g}", 1 + int(side)) for x1, x2, side in data]
        axes = [Axis(name, float(grid[:, place].min()), float(grid[:, place].max())) for place, name in enumerate(("x1", "x2"))]
        told = "Blue and orange: rows of the two classes. Grey: where the network answers the second one."
        return points_chart(title, told, *axes, [*region, *points])

    return chart
