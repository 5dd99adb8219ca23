"""What an input or target reads, as far as it can be said before there is data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Reading:
    """The columns of an input or target, and what it must see of them beside a sample of their rows.

    Where there are too many rows to learn from all of them, an entry is fitted to a random sample, to which rows are added: of columns of
    `numbers` and `times` those of the least and the greatest value, of columns of `values` one for each value that they hold.

    Attributes:
        columns: names, or patterns such as `flipper_*`.
        cells: what the columns hold; `array` is several numbers in each row, `other` what a sample tells enough of.
        separator: what stands between several values in one cell.
    """

    columns: tuple[str, ...]
    cells: Literal["numbers", "values", "times", "array", "other"]
    separator: str | None = None
