"""How fast a model file answers: latency and rows a second by device, threads and batch size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from mlpspec.runtime.device import CudaOptions, Graphs
from mlpspec.runtime.engine import Run
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.synthetic import synthetic_rows
from mlpspec.timing import take_turns

BATCH_SIZES = (1, 16, 256, 4096, 65536)

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
        overhead: of `Predictor.run`: seconds that a call takes longer than that of plain ONNX Runtime in the same round; the median. Less
            than none where it is faster, as on a GPU it can be.
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
    memory_limit: int | None = None,
    cuda_graph: Graphs = "auto",
    others: Mapping[str, Contender] | None = None,
) -> Iterator[Timing]:
    """Time `Predictor.run` and plain `onnxruntime` on the same made-up rows, and `others` after them, setting by setting.

    The two take turns, so that what else the machine does meets them alike. On the CPU they share a session; on a GPU plain `onnxruntime`
    has one of its own, of the whole model. The others are timed alone: their threads and those of the session would get in each other's
    way. A GPU calculates with one setting of `threads` only, the first.

    Args:
        model: the model file.
        devices: `cpu`, `cuda`, `cuda:N` or `auto`.
        threads: CPU threads; None is one a core.
        batch_sizes: rows of a batch.
        seconds: time for each contender at each setting; at least five calls are made.
        tf32, memory_limit, cuda_graph: how a GPU is used, as `Predictor` has them.
        others: more contenders by name.

    Raises:
        UsageError, ModelFileError, MachineError: as `Predictor`.
    """
    options = CudaOptions(tf32=tf32, memory_limit=memory_limit, cuda_graph=cuda_graph)
    for device in devices:
        for count in threads:
            predictor = Predictor(model, device=device, threads=count, **asdict(options))
            used = predictor.device.device
            plain = _plain(model, predictor, options)
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


def _plain(model: str | os.PathLike[str], predictor: Predictor, options: CudaOptions) -> Run:
    """ONNX Runtime by itself: on the CPU the predictor's own session, beside which the threads of a second one would spin."""
    if not predictor.device.is_cuda:
        return predictor.engine.run
    from mlpspec.runtime.cuda_session import whole_session

    return whole_session(read_model_file(model), predictor.device.index, options).run


def _timing(what: str, device: str, threads: int | None, rows: int, times: np.ndarray, overhead: float | None = None) -> Timing:
    p50, p99 = map(float, np.percentile(times, (50, 99)))
    return Timing(what=what, device=device, threads=threads, rows=rows, calls=len(times), p50=p50, p99=p99, overhead=overhead)
