"""The experiments' pictures, drawn with the charts of mlpspec's own reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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


def by_epoch(title: str, told: str, figure: str, variants: Sequence[str], *, y_title: str, top: float | None = None) -> Chart:
    """A figure after each epoch, the mean over the seeds: a line for each variant, which ends where its training did."""

    def chart(findings: Findings) -> str:
        curves = {name: findings.curve(name, figure) for name in variants}
        length = max(map(len, curves.values()))
        lines = [
            Line(name, [*curve, *[None] * (length - len(curve))], style) for style, (name, curve) in enumerate(curves.items(), start=1)
        ]
        return line_chart(title, told, [float(epoch) for epoch in range(1, length + 1)], lines, y_title=y_title, top=top)

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
