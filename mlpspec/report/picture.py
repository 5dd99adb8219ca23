"""A chart as a picture of its own."""

from __future__ import annotations

from importlib.resources import files

from mlpspec.report.markup import tag

FONT = "svg { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; background: var(--card); }"


def svg_picture(chart: str) -> str:
    """A chart with the page's style sheet inside, so that it looks alike without the page. `chart` is an `svg` element."""
    style = tag("style", (files("mlpspec.report") / "report.css").read_text(encoding="utf-8").replace("&", "&amp;"), FONT)
    head, middle, rest = chart.partition("</desc>")
    return f"{head}{middle}{style}{rest}\n"
