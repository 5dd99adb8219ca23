"""Shares as bars beside their names."""

from __future__ import annotations

from collections.abc import Sequence

from mlpspec.report.charts.frame import LETTER, PAD, WIDTH, drawing
from mlpspec.report.markup import tag, text
from mlpspec.report.words import clipped, percent

BAR, GAP = 16.0, 12.0
LONGEST = 26


def bars_chart(title: str, description: str, shares: Sequence[tuple[str, float]]) -> str:
    """A bar for each name, as long as its share of the largest; the share itself stands behind it.

    Args:
        title, description: the picture's name, and what it shows in a sentence.
        shares: names with numbers from 0 to 1.
    """
    names = [clipped(name, LONGEST) for name, _ in shares]
    left = PAD + LETTER * max(map(len, names), default=1) + 8
    right = WIDTH - PAD - 6 * LETTER
    largest = max((share for _, share in shares), default=0.0) or 1.0
    body = []
    for row, (name, (whole, share)) in enumerate(zip(names, shares, strict=True)):
        top = PAD + row * (BAR + GAP)
        length = max((right - left) * share / largest, 1.0)
        body += [
            tag("text", tag("title", text(whole)), text(name), x=left - 8, y=top + 12, class_="end label"),
            tag("rect", tag("title", text(f"{whole}: {percent(share)}")), x=left, y=top, width=length, height=BAR, class_="bar c1"),
            tag("text", text(percent(share)), x=left + length + 6, y=top + 12),
        ]
    return drawing(WIDTH, 2 * PAD + len(shares) * (BAR + GAP), title, description, body)
