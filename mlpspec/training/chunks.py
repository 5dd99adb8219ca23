"""Rows in files, fed to the steps in chunks: while a step learns from one, the next one is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from mlpspec.data.streaming.stored import StoredRows
from mlpspec.diagnostics import DataError
from mlpspec.training.batches import Batch
from mlpspec.training.feed import Stretch
from mlpspec.training.plan import Plan
from mlpspec.training.stored_tensors import empty_tensors, rows_in_memory
from mlpspec.training.tensors import Tensors

BLOCK_BYTES = 256 << 10
"""The bytes of rows that are read together, about: enough for a disk, and few beside a chunk, so that a chunk is of many places."""

_CHUNK = 3
"""Makes the random numbers of a chunk independent of those of the epoch, (seed, epoch), and of its dropout and alteration."""


class Chunk(NamedTuple):
    """Steps of an epoch whose rows are in memory together: numbers `first` to before `last`, places `start` to before `end`."""

    first: int
    last: int
    start: int
    end: int


class ChunkFeed:
    """Rows in files: an epoch is several stretches, of about `rows_in_memory` rows each.

    The order of an epoch is a pure function of seed and epoch: blocks of rows are put in order by the sampler, laid one behind another, cut
    into chunks where steps end, and the rows of each chunk are put in order by the sampler again. So every row comes once, and the rows of
    a batch come from as many places as a chunk has blocks. Where all rows fit into a chunk they are read once, and come in the very order
    that they would come in from memory.

    Memory holds two chunks: rows of one are learnt from, the other one is being filled by a thread. It is made once, since compiled steps
    read from fixed places.

    Attributes:
        data: that memory, which steps learn from; its first rows are the first ones of the files.
    """

    def __init__(self, stored: StoredRows, plan: Plan, device: torch.device, *, epochs: int):
        self._stored, self._plan, self._epochs = stored, plan, epochs
        self._block = max(1, BLOCK_BYTES // max(1, stored.row_bytes))
        largest = max(batch[-1] - batch[0] for stage in plan.stages for batch in _ends(plan.batches(stage.epoch)))
        self._capacity = min(stored.rows, max(rows_in_memory(stored), largest))
        self._halves = 1 if self._capacity == stored.rows else 2
        names, on_gpu = list(stored.targets), device.type == "cuda"
        tensors = empty_tensors(stored.arrays, self._halves * self._capacity, device)
        inputs = len(stored.inputs)
        self.data = Tensors(self._halves * self._capacity, tuple(tensors[:inputs]), dict(zip(names, tensors[inputs:], strict=True)))
        self._memory = tensors
        self._staging = empty_tensors(stored.arrays, self._capacity, torch.device("cpu"), pinned=True) if on_gpu else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rows")
        self._held: list[tuple[int, int] | None] = [None] * self._halves
        self._coming: tuple[tuple[int, int], int, Future[None]] | None = None
        self._fill(0, [(0, self._capacity)])
        self._place(0, self._capacity)

    def stretches(self, epoch: int, first: int = 0) -> Iterator[Stretch]:
        """See `Feed`."""
        if self._halves == 1:
            yield Stretch(0, len(self._plan.batches(epoch)), self.data, torch.from_numpy(self._plan.order(epoch)))
            return
        chunks = self.chunks(epoch)
        for number, chunk in enumerate(chunks):
            if chunk.last <= first:
                continue
            half = self._get(epoch, number, chunk)
            following = (epoch, number + 1) if number + 1 < len(chunks) else (epoch + 1, 0)
            if following[0] < self._epochs:
                self._fetch(*following, 1 - half)
            order = self.order(epoch, number, chunk) + half * self._capacity
            yield Stretch(chunk.first, chunk.last, self.data, torch.from_numpy(order), chunk.start)

    def chunks(self, epoch: int) -> list[Chunk]:
        """The chunks of an epoch: as few as possible, of about equally many steps."""
        batches = self._plan.batches(epoch)
        each = max(1, self._capacity // max(batch[-1] - batch[0] for batch in _ends(batches)))
        count = -(-len(batches) // each)
        edges = [len(batches) * number // count for number in range(count + 1)]
        return [Chunk(first, last, batches[first][0], batches[last - 1][-1]) for first, last in pairwise(edges)]

    def order(self, epoch: int, number: int, chunk: Chunk) -> np.ndarray:
        """In which order the rows of a chunk come, numbered as they lie in it."""
        generator = np.random.Generator(np.random.PCG64([self._plan.seed, epoch, _CHUNK, number]))
        return self._plan.training.sampler.order(chunk.end - chunk.start, None, generator)

    def rows(self, epoch: int, chunk: Chunk) -> list[tuple[int, int]]:
        """The stretches of the files that a chunk consists of, in the files' order."""
        count = -(-self._stored.rows // self._block)
        generator = np.random.Generator(np.random.PCG64([self._plan.seed, epoch]))
        blocks = self._plan.training.sampler.order(count, None, generator)
        starts = blocks * self._block
        ends = np.minimum(starts + self._block, self._stored.rows)
        behind = np.cumsum(ends - starts)  # the places where blocks end
        before = behind - (ends - starts)
        cut = slice(np.searchsorted(behind, chunk.start, "right"), np.searchsorted(before, chunk.end, "left"))
        starts, ends, before, behind = starts[cut], ends[cut], before[cut], behind[cut]
        begin = starts + np.maximum(chunk.start - before, 0)
        stop = ends - np.maximum(behind - chunk.end, 0)
        return sorted(zip(begin.tolist(), stop.tolist(), strict=True))

    def close(self) -> None:
        """End the thread. No rows can be had afterwards."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _get(self, epoch: int, number: int, chunk: Chunk) -> int:
        """The half of the memory that holds a chunk, once it does."""
        key = epoch, number
        if self._coming is not None:
            coming, half, future = self._coming
            self._coming = None
            future.result()
            if coming == key:
                self._place(half, chunk.end - chunk.start)
                self._held[half] = key
        if key in self._held:
            return self._held.index(key)
        self._held[0] = None
        self._fill(0, self.rows(epoch, chunk))
        self._place(0, chunk.end - chunk.start)
        self._held[0] = key
        return 0

    def _fetch(self, epoch: int, number: int, half: int) -> None:
        """Begin to read a chunk into the half of the memory that nobody reads from."""
        if self._held[half] == (epoch, number):
            return
        self._held[half] = None
        chunk = self.chunks(epoch)[number]
        self._coming = (epoch, number), half, self._thread.submit(self._fill, half, self.rows(epoch, chunk))

    def _fill(self, half: int, stretches: Sequence[tuple[int, int]]) -> None:
        """Read rows into a half of the memory, or to where they are copied there from."""
        rows = sum(end - start for start, end in stretches)
        start = 0 if self._staging is not None else half * self._capacity
        for array, tensor in zip(self._stored.arrays, self._staging or self._memory, strict=True):
            try:
                array.read_into(tensor[start : start + rows].numpy(), stretches)
            except OSError as error:
                help = "see that the cache folder stays as it is while a run is under way"
                raise DataError(f"`{array.path}` cannot be read: {error.strerror}", place=str(array.path), help=help) from error

    def _place(self, half: int, rows: int) -> None:
        """Copy what was read to the device, where that is another one."""
        if self._staging is not None:
            for tensor, read in zip(self._memory, self._staging, strict=True):
                tensor[half * self._capacity : half * self._capacity + rows].copy_(read[:rows])


def _ends(batches: Sequence[Batch]) -> tuple[Batch, Batch]:
    """The first and the last of an epoch's steps, one of which is the largest."""
    return batches[0], batches[-1]
