"""A library's side of the training benchmark: make ready, then train for a moment whenever the benchmark says so."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

TURN = 0.3
"""Seconds that a turn trains at least; it ends with an epoch."""


def work(make: Callable[[str], tuple[Callable[[], float], int, str]]) -> None:
    """Run the protocol on standard input and output, a JSON line for each answer.

    Args:
        make: from the workload's name to a function that trains one epoch and gives its loss, the rows of an epoch, and a remark.
    """
    begin = time.perf_counter()
    epoch, rows, remark = make(sys.argv[1])
    loss = epoch()
    _say({"ready": time.perf_counter() - begin, "remark": remark})
    for line in sys.stdin:
        if line.strip() != "turn":
            break
        count, start = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - start < TURN:
            loss = epoch()
            count += 1
        _say({"rows_per_second": rows * count / (time.perf_counter() - start), "loss": loss})
    _say({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)
