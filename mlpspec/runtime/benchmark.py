"""How fast a model file answers: latency and rows a second by device, threads and batch size."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mlpspec.runtime.device import Device
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.session import open_session
from mlpspec.runtime.synthetic import synthetic_rows

BATCH_SIZES = (1, 16, 256, 4096, 65536)

WARM_UP = 3
"""Calls that are not counted: the first ones make plans and take memory."""

LEAST, MOST = 5, 20_000
"""Counted calls of each contender, whatever the time."""

Arrays = dict[str, np.ndarray]

Contender = Callable[[Arrays, str, int | None], Callable[[], object]]
"""Makes ready for the arrays of a batch, a device (`cpu`, `cuda:0`) and a number of threads; what it returns is called and timed."""

PREDICTOR, PLAIN = "Predictor.run", "onnxruntime"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One contender at one setting.

    Attributes:
        what: the contender.
        device: `cpu` or `cuda:N`.
        threads: CPU threads; None is ONNX Runtime's own choice, one a core.
        rows: rows of a batch.
        calls: counted calls.
        p50, p99: seconds of a call, at these percentiles.
        overhead: seconds that a call takes longer than that of plain ONNX Runtime in the same round; the median. None for that itself.
    """

    what: str
    device: str
    threads: int | None
    rows: int
    calls: int
    p50: float
    p99: float
    overhead: float | None

    @property
    def rows_per_second(self) -> float:
        """Rows a second at the median latency."""
        return self.rows / self.p50


def benchmark(
    model: str | os.PathLike[str],
    *,
    devices: Sequence[str] = ("auto",),
    threads: Sequence[int | None] = (None,),
    batch_sizes: Sequence[int] = BATCH_SIZES,
    seconds: float = 1.0,
    tf32: bool = False,
    others: Mapping[str, Contender] | None = None,
) -> Iterator[Timing]:
    """Time `Predictor.run` and plain `onnxruntime` on the same made-up rows, and `others` beside them, setting by setting.

    Contenders take turns call by call, so that what else the machine does meets them all alike. A GPU calculates with one setting of
    `threads` only, the first.

    Args:
        model: the model file.
        devices: `cpu`, `cuda`, `cuda:N` or `auto`.
        threads: CPU threads; None is one a core.
        batch_sizes: rows of a batch.
        seconds: time for each contender at each setting; at least five calls are made.
        tf32: let a GPU round the factors of matrix products.
        others: more contenders by name.

    Raises:
        UsageError, ModelFileError, MachineError: as `Predictor`.
    """
    file = read_model_file(model)
    for device in devices:
        for count in threads:
            predictor = Predictor(model, device=device, threads=count, tf32=tf32)
            used = predictor.device.device
            session, _ = open_session(file, Device.parse(used), threads=count, tf32=tf32)
            names = [output.name for output in session.get_outputs()]
            for rows in batch_sizes:
                arrays = synthetic_rows(predictor.card, rows)
                calls: dict[str, Callable[[], object]] = {
                    PLAIN: partial(session.run, names, arrays),
                    PREDICTOR: partial(predictor.run, arrays),
                    **{name: prepare(arrays, used, count) for name, prepare in (others or {}).items()},
                }
                times = take_turns(calls, seconds=seconds)
                for name in calls:
                    yield Timing(
                        what=name,
                        device=used,
                        threads=count,
                        rows=rows,
                        calls=len(times[name]),
                        p50=float(np.percentile(times[name], 50)),
                        p99=float(np.percentile(times[name], 99)),
                        overhead=None if name == PLAIN else float(np.median(times[name] - times[PLAIN])),
                    )
            if predictor.device.is_cuda:
                break


def take_turns(calls: Mapping[str, Callable[[], object]], *, seconds: float) -> dict[str, np.ndarray]:
    """The seconds of each call of some functions that are called in turn, for `seconds` times their number; the collector rests."""
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    found: dict[str, list[float]] = {name: [] for name in calls}
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds * len(calls)
        rounds = 0
        while rounds < LEAST or (rounds < MOST and time.perf_counter() < end):
            for name, call in calls.items():
                start = time.perf_counter()
                call()
                found[name].append(time.perf_counter() - start)
            rounds += 1
    finally:
        if was_enabled:
            gc.enable()
    return {name: np.array(times) for name, times in found.items()}
