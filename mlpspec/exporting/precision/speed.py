"""How fast two models are, measured briefly and side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnxruntime as ort

from mlpspec.timing import take_turns

BULK_ROWS, BULK_BYTES = 4096, 2**26
"""A large batch: so many rows, or fewer where they would be more than so many bytes."""

SECONDS = 0.15
"""The time for each model at each batch size."""

CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-6 else time.perf_counter
"""Processor time where it is counted finely enough: one thread does all the work, and what other programs do is not its fault."""


@dataclass(frozen=True)
class Speed:
    """Of a model: median seconds for a batch of one row; rows a second in batches of `bulk` rows, by their median too."""

    latency: float
    rows_per_second: float
    bulk: int


def measure_speed(models: Mapping[str, bytes], rows: Mapping[str, np.ndarray]) -> dict[str, Speed]:
    """The speed of each model, on the CPU with one thread; the models take turns, so that what else the machine does meets them alike.

    Args:
        models: serialized models by name, with the same inputs.
        rows: raw values, as the models take them.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    sessions = {name: ort.InferenceSession(data, options, providers=["CPUExecutionProvider"]) for name, data in models.items()}
    bulk = max(1, min(BULK_ROWS, BULK_BYTES // max(1, sum(array[0].nbytes for array in rows.values()))))
    medians: dict[int, dict[str, float]] = {}
    for size in (1, bulk):
        batch = {name: np.resize(array, (size, *array.shape[1:])) for name, array in rows.items()}
        calls = {name: partial(session.run, None, batch) for name, session in sessions.items()}
        medians[size] = {name: float(np.median(times)) for name, times in take_turns(calls, seconds=SECONDS, clock=CLOCK).items()}
    return {name: Speed(medians[1][name], bulk / medians[bulk][name], bulk) for name in models}
