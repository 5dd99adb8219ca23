"""Timing functions fairly: they take turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from itertools import cycle, permutations

import numpy as np

WARM_UP = 3
"""Calls that are not counted: the first ones make plans and take memory."""

LEAST, MOST = 5, 20_000
"""Counted calls of each contender, whatever the time."""


def take_turns(
    calls: Mapping[str, Callable[[], object]], *, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> dict[str, np.ndarray]:
    """The seconds of each call of some functions, which all get the same number of calls, in `seconds` times their number.

    Round by round each is called once, in all orders after each other: what was called before decides what lies in the caches. The garbage
    collector rests meanwhile. `clock` gives the seconds of a call; the end is always a matter of wall time.
    """
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    found: dict[str, list[float]] = {name: [] for name in calls}
    orders = cycle(permutations(calls.items()))
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds * len(calls)
        rounds = 0
        while rounds < LEAST or (rounds < MOST and time.perf_counter() < end):
            for name, call in next(orders):
                start = clock()
                call()
                found[name].append(clock() - start)
            rounds += 1
    finally:
        if was_enabled:
            gc.enable()
    return {name: np.array(times) for name, times in found.items()}
