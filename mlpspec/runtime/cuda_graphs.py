"""Small batches as CUDA graphs: the GPU repeats all kernels of a run at one word, from and to memory that stays where it is.

A graph belongs to one size of batch, so that a batch is filled up to the next of a few sizes. Source: the page "Using CUDA Graphs" of ONNX
Runtime's CUDA provider. Two habits of it decide what happens here: a graph belongs to the thread that recorded it, and a run that is not
told otherwise is recorded, too, whatever its size.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpspec.runtime.card import Value
from mlpspec.runtime.library import load_onnxruntime
from mlpspec.runtime.refusals import plain_reason
from mlpspec.runtime.session import NUMPY_TYPES

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIZES = tuple(2**power for power in range(11))
"""Rows of the batches that become graphs, 1 to 1024. Larger ones keep the GPU busy long enough that it need not be told faster."""

WARM = 2
"""Batches of a size that run one by one before its graph is recorded, which pays only if more follow."""

MOST_THREADS = 4
"""Threads that may have graphs: their memory is not given back before the session ends."""

Device = tuple[str, int]
"""Where memory lies, as ONNX Runtime calls it: `("cuda", 0)`."""


class NoGraphs(Exception):
    """The model's runs cannot be CUDA graphs; the text is the reason, as a clause."""


class GraphRuns:
    """A session whose small batches are CUDA graphs. May be used from several threads; one run goes at a time.

    Args:
        session: made with `enable_cuda_graph`.
        device: the session's.
        inputs, outputs: the session's.
        strict: raise when a graph cannot be recorded, instead of going on without graphs.

    Attributes:
        problem: why there are no graphs any more; empty while there are.

    Raises:
        NoGraphs: when a size other than the batch is not known.
    """

    def __init__(
        self, session: InferenceSession, device: Device, inputs: Sequence[Value], outputs: Sequence[Value], *, strict: bool = False
    ):
        self._session, self._device, self._inputs, self._outputs, self._strict = session, device, inputs, outputs, strict
        for value in (*inputs, *outputs):
            if not value.shape or isinstance(value.shape[0], int) or not all(isinstance(size, int) for size in value.shape[1:]):
                raise NoGraphs(f"the shape of `{value.name}` is not that of a batch of rows of one size")
            if NUMPY_TYPES.get(value.type, object) is object:
                raise NoGraphs(f"`{value.name}` is of the type {value.type}")
        self.problem = ""
        self._lock = threading.Lock()
        self._own = threading.local()
        self._threads = 0
        self._numbers = count(1)
        self._unrecorded = run_options("-1")

    def run(self, names: Sequence[str], arrays: Mapping[str, np.ndarray]) -> Sequence[Any]:
        """The outputs called `names`, as `InferenceSession.run` gives them."""
        rows = self._rows(arrays)
        with self._lock:
            found = self._repeated(arrays, rows) if 0 < rows <= SIZES[-1] and not self.problem else None
            return self._session.run(names, arrays, self._unrecorded) if found is None else [found[name] for name in names]

    def _repeated(self, arrays: Mapping[str, np.ndarray], rows: int) -> dict[str, np.ndarray] | None:
        """All outputs by this thread's graph for so many rows; None while there is none."""
        size = next(size for size in SIZES if size >= rows)
        own = self._thread()
        own.seen[size] += 1
        if own.seen[size] <= WARM or not own.may_record:
            return None
        try:
            if size not in own.lanes:
                own.lanes[size] = Lane(self._session, self._device, self._inputs, self._outputs, size, str(next(self._numbers)))
            return own.lanes[size].run(arrays, rows)
        except Exception as error:  # ONNX Runtime's errors have no common base
            if self._strict or (size in own.lanes and own.lanes[size].is_recorded):
                raise
            self.problem = plain_reason(error)
            return None

    def _rows(self, arrays: Mapping[str, np.ndarray]) -> int:
        """How many rows all the arrays have when they are those that a graph can take; else none, and ONNX Runtime says what is wrong."""
        if len(arrays) != len(self._inputs):
            return 0
        for value in self._inputs:
            array = arrays[value.name]
            if array.dtype != NUMPY_TYPES[value.type] or array.shape[1:] != value.shape[1:] or array.ndim != len(value.shape):
                return 0
        lengths = {len(array) for array in arrays.values()}
        return lengths.pop() if len(lengths) == 1 else 0

    def _thread(self) -> _Thread:
        own: _Thread | None = getattr(self._own, "thread", None)
        if own is None:
            self._threads += 1
            own = self._own.thread = _Thread(may_record=self._threads <= MOST_THREADS)
        return own


@dataclass
class _Thread:
    """What belongs to one thread: batches seen and lanes, by size."""

    may_record: bool
    seen: Counter[int] = field(default_factory=Counter)
    lanes: dict[int, Lane] = field(default_factory=dict)


class Lane:
    """Memory for batches of one size, and the graph that calculates in it; the first run records it.

    Args:
        session: a session, made with `enable_cuda_graph` unless `number` is "-1".
        device: the session's.
        inputs, outputs: the session's, of known sizes.
        size: rows.
        number: of the graph; "-1" for memory without a graph.
    """

    def __init__(
        self, session: InferenceSession, device: Device, inputs: Sequence[Value], outputs: Sequence[Value], size: int, number: str
    ):
        onnxruntime = load_onnxruntime()
        self.is_recorded = False
        self._session = session
        self._options = run_options(number)
        self._binding = session.io_binding()
        self._given: list[tuple[str, np.ndarray, Any]] = []
        self._found: list[tuple[str, Any]] = []
        for value in inputs:
            host = np.zeros(_shape(value, size), NUMPY_TYPES[value.type])
            memory = onnxruntime.OrtValue.ortvalue_from_numpy(host, *device)
            self._binding.bind_ortvalue_input(value.name, memory)
            self._given.append((value.name, host, memory))
        for value in outputs:
            memory = onnxruntime.OrtValue.ortvalue_from_shape_and_type(_shape(value, size), NUMPY_TYPES[value.type], *device)
            self._binding.bind_ortvalue_output(value.name, memory)
            self._found.append((value.name, memory))

    def run(self, arrays: Mapping[str, np.ndarray], rows: int) -> dict[str, np.ndarray]:
        """All outputs for some rows, at most as many as the lane has; what stands behind them is calculated and left."""
        for name, host, memory in self._given:
            host[:rows] = arrays[name]
            memory.update_inplace(host)
        self._session.run_with_iobinding(self._binding, self._options)
        self.is_recorded = True
        return {name: memory.numpy()[:rows].copy() for name, memory in self._found}  # no view of memory that the next run fills


def _shape(value: Value, rows: int) -> tuple[int, ...]:
    return (rows, *(size for size in value.shape[1:] if isinstance(size, int)))


def run_options(graph: str) -> Any:
    """Options of a run that records or repeats the graph of that number; "-1" does neither."""
    options = load_onnxruntime().RunOptions()
    options.add_run_config_entry("gpu_graph_id", graph)
    return options
