"""Which of two ways is faster, on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable

BUDGET = 0.02
"""Seconds that a comparison takes, about; at least three rounds run."""


def first_is_faster(first: Callable[[], None], second: Callable[[], None]) -> bool:
    """Compare the best of several rounds, the two taken in turn, so that a busy neighbour hits both alike."""
    for _ in range(2):
        first()
        second()
    best = [float("inf"), float("inf")]
    rounds, begin = 0, time.perf_counter()
    while rounds < 3 or (rounds < 40 and time.perf_counter() - begin < BUDGET):
        started = time.perf_counter()
        first()
        middle = time.perf_counter()
        second()
        best = [min(best[0], middle - started), min(best[1], time.perf_counter() - middle)]
        rounds += 1
    return best[0] < best[1]
