"""How fast a model file answers: latency and rows a second by device, threads and batch size."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, permutations

import numpy as np

from mlpspec.runtime.predictor import Predictor
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
        overhead: of `Predictor.run`: seconds that a call takes longer than that of plain ONNX Runtime in the same round; the median.
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
    """Time `Predictor.run` and plain `onnxruntime` on the same made-up rows, and `others` after them, setting by setting.

    The two share a session and take turns, so that what else the machine does meets them alike. The others are timed alone: their threads
    and those of the session would get in each other's way. A GPU calculates with one setting of `threads` only, the first.

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
    for device in devices:
        for count in threads:
            predictor = Predictor(model, device=device, threads=count, tf32=tf32)
            used = predictor.device.device
            plain = predictor._run  # the same session: the threads of a second one would spin beside those of the first
            names = list(predictor.no_answers())
            for rows in batch_sizes:
                arrays = synthetic_rows(predictor.card, rows)
                pair = take_turns({PLAIN: partial(plain, names, arrays), PREDICTOR: partial(predictor.run, arrays)}, seconds=seconds)
                overhead = float(np.median(pair[PREDICTOR] - pair[PLAIN]))
                yield _timing(PLAIN, used, count, rows, pair[PLAIN])
                yield _timing(PREDICTOR, used, count, rows, pair[PREDICTOR], overhead)
                for name, prepare in (others or {}).items():
                    times = take_turns({name: prepare(arrays, used, count)}, seconds=seconds)
                    yield _timing(name, used, count, rows, times[name])
            if predictor.device.is_cuda:
                break


def _timing(what: str, device: str, threads: int | None, rows: int, times: np.ndarray, overhead: float | None = None) -> Timing:
    p50, p99 = map(float, np.percentile(times, (50, 99)))
    return Timing(what=what, device=device, threads=threads, rows=rows, calls=len(times), p50=p50, p99=p99, overhead=overhead)


def take_turns(calls: Mapping[str, Callable[[], object]], *, seconds: float) -> dict[str, np.ndarray]:
    """The seconds of each call of some functions, which all get the same number of calls, in `seconds` times their number.

    Round by round each is called once, in all orders after each other: what was called before decides what lies in the caches. The garbage
    collector rests meanwhile.
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
                start = time.perf_counter()
                call()
                found[name].append(time.perf_counter() - start)
            rounds += 1
    finally:
        if was_enabled:
            gc.enable()
    return {name: np.array(times) for name, times in found.items()}
