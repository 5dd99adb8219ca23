"""Which rows make which batch: pure functions, so that a resumed run sees the same batches as one that never stopped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def epoch_order(rows: int, seed: int, epoch: int, *, shuffle: bool = True) -> np.ndarray:
    """The order in which the rows are visited in an epoch: (rows,) int64, the same for the same arguments.

    Source: NumPy's PCG64, seeded with the pair (seed, epoch).
    """
    if not shuffle:
        return np.arange(rows, dtype=np.int64)
    return np.random.Generator(np.random.PCG64([seed, epoch])).permutation(rows)


def batch_bounds(rows: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Start and end of each batch of an epoch. A last batch of a single row joins the one before: batch norm has no variance over one row.

    >>> list(batch_bounds(9, 4)), list(batch_bounds(10, 4))
    ([(0, 4), (4, 9)], [(0, 4), (4, 8), (8, 10)])
    """
    bounds = [(start, min(start + batch_size, rows)) for start in range(0, rows, batch_size)]
    if len(bounds) > 1 and batch_size > 1 and bounds[-1][1] - bounds[-1][0] == 1:
        bounds[-2:] = [(bounds[-2][0], rows)]
    yield from bounds
