"""Rows in files, fed to the steps in chunks: while a step learns from one, the next one is read."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import pairwise

import numpy as np
import torch

from mlpspec.training.batches import Batch
from mlpspec.training.feed import Chunk, Feed, Place, Stretch
from mlpspec.training.plan import Plan
from mlpspec.training.slots import Lot, Slots
from mlpspec.training.source import Cut, Source
from mlpspec.training.stored_tensors import StoredTensors, rows_in_memory

BLOCK_BYTES = 256 << 10
"""The bytes of rows that are read together, about: enough for a disk, and few beside a chunk, so that a chunk is of many places."""

_CHUNK = 3
"""Makes the random numbers of a chunk independent of those of the epoch, (seed, epoch), and of its dropout and alteration."""


def chunk_rows(data: StoredTensors, plan: Plan) -> int:
    """How many rows a chunk has at most: about `rows_in_memory`, and as many as the largest step."""
    largest = max(batch[-1] - batch[0] for stage in plan.stages for batch in _ends(plan.batches(stage.epoch)))
    return min(data.rows, max(rows_in_memory(data.stored), largest))


class ChunkFeed(Feed):
    """Rows in files: an epoch is several stretches.

    The order of an epoch is a pure function of seed and epoch: blocks of rows are put in order by the sampler, laid one behind another, cut
    into chunks where steps end, and the rows of each chunk are put in order by the sampler again. So every row comes once, and the rows of
    a batch come from as many places as a chunk has blocks.

    Args:
        rows: the files.
        plan: the epochs.
        slots: room for two chunks of `chunk_rows`; its first rows become the first ones of the files.
        data: how steps see the memory of the slots: that itself, or what fetches rows from there.
    """

    def __init__(self, rows: StoredTensors, plan: Plan, slots: Slots, data: Source):
        super().__init__(data, plan)
        self._rows, self._slots, self._capacity = rows, slots, chunk_rows(rows, plan)
        self._block = max(1, BLOCK_BYTES // max(1, rows.stored.row_bytes))
        with closing(slots.deliver([Lot(self._capacity, rows.at(None, (0, self._capacity)))])) as first:
            next(first)

    def run(self, places: Iterator[Place]) -> Generator[Stretch, None, None]:
        """See `Feed`."""
        with closing(self._slots.deliver(self._lot(*place) for place in places)) as delivered:
            for start, lot in delivered:
                chunk, order = lot.about
                yield Stretch(chunk.first, chunk.last, self.data, order + start, chunk.start)

    def chunks(self, epoch: int) -> Sequence[Chunk]:
        """The chunks of an epoch: as few as possible, of about equally many steps."""
        batches = self.plan.batches(epoch)
        each = max(1, self._capacity // max(batch[-1] - batch[0] for batch in _ends(batches)))
        count = -(-len(batches) // each)
        edges = [len(batches) * number // count for number in range(count + 1)]
        return [Chunk(first, last, batches[first][0], batches[last - 1][-1]) for first, last in pairwise(edges)]

    def order(self, epoch: int, number: int, chunk: Chunk) -> np.ndarray:
        """In which order the rows of a chunk come, numbered as they lie in it."""
        generator = np.random.Generator(np.random.PCG64([self.plan.seed, epoch, _CHUNK, number]))
        return self.plan.training.sampler.order(chunk.end - chunk.start, None, generator)

    def rows(self, epoch: int, chunk: Chunk) -> list[Cut]:
        """The stretches of the files that a chunk consists of, in the files' order."""
        count = -(-self._rows.rows // self._block)
        generator = np.random.Generator(np.random.PCG64([self.plan.seed, epoch]))
        blocks = self.plan.training.sampler.order(count, None, generator)
        starts = blocks * self._block
        ends = np.minimum(starts + self._block, self._rows.rows)
        behind = np.cumsum(ends - starts)  # the places where blocks end
        before = behind - (ends - starts)
        cut = slice(np.searchsorted(behind, chunk.start, "right"), np.searchsorted(before, chunk.end, "left"))
        starts, ends, before, behind = starts[cut], ends[cut], before[cut], behind[cut]
        begin = starts + np.maximum(chunk.start - before, 0)
        stop = ends - np.maximum(behind - chunk.end, 0)
        return sorted(zip(begin.tolist(), stop.tolist(), strict=True))

    def _lot(self, epoch: int, number: int) -> Lot:
        chunk = self.chunks(epoch)[number]
        order = torch.from_numpy(self.order(epoch, number, chunk))
        return Lot(chunk.end - chunk.start, self._rows.stretches(self.rows(epoch, chunk)), (chunk, order))


def _ends(batches: Sequence[Batch]) -> tuple[Batch, Batch]:
    """The first and the last of an epoch's steps, one of which is the largest."""
    return batches[0], batches[-1]
