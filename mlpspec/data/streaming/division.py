"""Which part each row of a block belongs to, decided row by row."""

from __future__ import annotations

import numpy as np

from mlpspec.data.split import PARTS, group_words, rows_by_column
from mlpspec.data.streaming.blocks import Block
from mlpspec.data.streaming.draw import draw, shares_of, text_numbers
from mlpspec.language.sections.data import Split

_SPLITTING = 0
"""The purpose of the random numbers."""


def divide(block: Block, split: Split, seed: int) -> dict[str, np.ndarray]:
    """The rows of each part, (rows,) int64: the same ones whatever blocks the data comes in.

    Each row, or with `split.group` each group, is given to a part by a random number of its own, so that parts get their shares to
    within chance: of n rows a part of share p gets p n, give or take sqrt(n p (1 - p)).

    Raises:
        DataError: when the column of parts or groups holds something else.
    """
    if split.column is not None:
        return rows_by_column(block, split.column)
    numbers = block.numbers
    if split.group is not None:
        words, where = np.unique(group_words(block, split.group), return_inverse=True)
        numbers = text_numbers(words.tolist())[where]
    shares = shares_of(draw(split.seed if split.seed is not None else seed, _SPLITTING, numbers))
    ends = np.cumsum([getattr(split, part) for part in PARTS])
    part = np.searchsorted(np.where(np.isclose(ends, 1.0), 1.0, ends), shares, side="right")
    return {name: rows for number, name in enumerate(PARTS) if len(rows := np.flatnonzero(part == number))}
