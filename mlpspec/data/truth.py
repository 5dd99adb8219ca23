"""Labels that a fitted target does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from mlpspec.ir.fitted import FittedTarget


def strange_labels(item: FittedTarget, raw: np.ndarray) -> Iterator[tuple[str, np.ndarray, list[str]]]:
    """Each column with labels that its training rows do not have: its name, the positions of its rows, the labels.

    In columns that say 0 or 1 for a label of their own, every other number is strange. Numbers to predict are never strange, and missing
    values are looked for elsewhere.

    Args:
        raw: (rows, columns) of the target's type, as `ColumnReader.raw` gives it.
    """
    if item.classes is None:
        return
    first = item.encode.steps[0]
    for position, column in enumerate(item.columns):
        cells = raw[:, position]
        if first.op == "multi_hot":
            separator, known = first.constants["separator"], {"", *first.constants["keys"]}
            pieces = ((row, piece) for row, text in enumerate(cells.tolist()) for piece in text.split(separator))
            yield from _named(column, [(row, piece) for row, piece in pieces if piece not in known])
        else:
            known = first.constants["keys"] if first.op == "lookup" else (0.0, 1.0)
            yield from _named(column, [(row, _written(cells[row])) for row in outside(cells, known).tolist()])


def outside(values: np.ndarray, known: Collection[str | int | float]) -> np.ndarray:
    """The positions of the values that are there and not known; a text that is empty, or a number that is NaN, is not there."""
    if values.dtype.kind != "O":
        return np.flatnonzero(~(np.isin(values, list(known)) | np.isnan(values)))
    known = {"", *known}
    return np.flatnonzero(~np.fromiter(map(known.__contains__, values.tolist()), bool, len(values)))


def _written(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, np.floating) else str(cell)


def _named(column: str, found: list[tuple[int, str]]) -> Iterator[tuple[str, np.ndarray, list[str]]]:
    if found:
        yield column, np.unique([row for row, _ in found]), list(dict.fromkeys(label for _, label in found))
