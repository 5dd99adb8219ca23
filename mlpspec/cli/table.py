"""Plain text tables."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric_from: int = 1) -> str:
    """Columns under a header, the first ones flush left, those from `numeric_from` on flush right.

    >>> print(aligned(["part", "loss"], [["train", "0.5"], ["test", "12"]]))
    part   loss
    train   0.5
    test     12
    """
    cells = [list(header), *map(list, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = (
        "  ".join(
            cell.ljust(width) if index < numeric_from else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def figure(value: float | None) -> str:
    """A figure with four significant digits; `-` where there is none."""
    return "-" if value is None else f"{value:.4g}"
