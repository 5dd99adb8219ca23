"""Which rows make which batch: pure functions, so that a resumed run sees the same batches as one that never stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from mlpspec.catalog.samplers import Sampler, Shuffle

Batch = tuple[int, ...]
"""The rows of one step: where they begin, and where each of the batches ends whose gradients are added up; (0, 32) is one of 32 rows."""

Form = tuple[int, ...]
"""How many rows each of the batches of a step has."""


def epoch_order(rows: int, seed: int, epoch: int, *, sampler: Sampler | None = None, by: np.ndarray | None = None) -> np.ndarray:
    """The rows that an epoch visits, in their order, int64: the same for the same arguments.

    Args:
        sampler: what decides about them; by default each row comes once, shuffled.
        by: what the sampler learnt from the rows.

    Source: NumPy's PCG64, seeded with the pair (seed, epoch).
    """
    sampler = sampler or Shuffle()
    return sampler.order(rows, by, np.random.Generator(np.random.PCG64([seed, epoch])))


def batch_bounds(rows: int, batch_size: int, *, accumulate: int = 1, drop_last: bool = False) -> Iterator[Batch]:
    """The batches of an epoch, step by step. A last batch of a single row joins the one before: batch norm has no variance over one row.

    Args:
        accumulate: how many batches make a step.
        drop_last: leave out the rows that fill no whole step, where there are whole ones.

    >>> list(batch_bounds(9, 4)), list(batch_bounds(10, 4)), list(batch_bounds(10, 4, drop_last=True))
    ([(0, 4), (4, 9)], [(0, 4), (4, 8), (8, 10)], [(0, 4), (4, 8)])
    >>> list(batch_bounds(15, 4, accumulate=2))
    [(0, 4, 8), (8, 12, 15)]
    """
    step_rows = batch_size * accumulate
    if drop_last and rows >= step_rows:
        rows -= rows % step_rows
    for start, end in pairwise(_edges(0, rows, step_rows, joins=batch_size > 1)):
        yield tuple(_edges(start, end, batch_size, joins=batch_size > 1))


def _edges(start: int, end: int, size: int, *, joins: bool) -> list[int]:
    """Where pieces of `size` rows begin and end; with `joins`, a last piece of a single row joins the one before."""
    edges = [*range(start, end, size), end]
    if joins and len(edges) > 2 and edges[-1] - edges[-2] == 1:
        del edges[-2]
    return edges


def form_of(batch: Batch) -> Form:
    """The rows of each of its batches.

    >>> form_of((8, 12, 15))
    (4, 3)
    """
    return tuple(end - start for start, end in pairwise(batch))


def forms_of(batches: Iterable[Batch]) -> Counter[Form]:
    """How often steps of each form come."""
    return Counter(map(form_of, batches))
