"""A part of the data in files, as tensors on the device a few rows at a time."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mlpspec.data.dataset import Part
from mlpspec.data.streaming.part import StoredPart
from mlpspec.data.streaming.stored import StoredArray, StoredRows
from mlpspec.diagnostics import DataError
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import lane_to
from mlpspec.training.source import Allocate, Cut, Rows, Source
from mlpspec.training.tensors import Stretch, Tensors

PIECE_BYTES = 128 << 20
"""How much of a part that lies in files is in memory at once, about."""


class StoredTensors:
    """What `Tensors` is for rows in memory. A `Held` source.

    Args:
        stored: the files.
        device: where rows are wanted.
        first: the row of the files that is the first one here.
        last: the row behind the last one; by default all are here.
    """

    def __init__(self, stored: StoredRows, device: torch.device, first: int = 0, last: int | None = None):
        self.stored, self._device, self._first = stored, device, first
        self.rows = (stored.rows if last is None else last) - first

    def part(self, start: int, end: int) -> StoredTensors:
        """The rows from `start` to before `end`."""
        return StoredTensors(self.stored, self._device, self._first + start, self._first + end)

    def head(self, rows: int) -> Tensors:
        """The first rows; from the first on again where there are too few."""
        return self.read([(0, min(rows, self.rows))]).head(rows)

    @property
    def targets(self) -> dict[str, torch.Tensor]:
        """The targets of all rows, in main memory."""
        memory = self.empty(self.rows, _allocate).targets
        for name, array in self.stored.targets.items():
            _fill(memory[name], array, [(self._first, self._first + self.rows)])
        return dict(memory)

    def pick(self, index: torch.Tensor) -> Rows:
        """The rows at `index`, on the device; each is read by itself."""
        found = self.read([(row, row + 1) for row in index.tolist()])
        return found.inputs, dict(found.targets)

    def visit(self, order: torch.Tensor | None, cuts: Sequence[Cut]) -> Generator[Stretch, None, None]:
        """A delivery for each cut, the next one being read meanwhile. In an order of their own many rows come faster in chunks."""
        yield from FetchedRows(self, lane_to(self._device)).visit(order, cuts)

    def at(self, order: torch.Tensor | None, cut: Cut) -> StoredStretches:
        """The rows of a cut."""
        start, end = cut
        return self.stretches([(start, end)] if order is None else [(row, row + 1) for row in order[start:end].tolist()])

    def stretches(self, stretches: Sequence[Cut]) -> StoredStretches:
        """The rows from `start` to before `end` of each stretch, one behind another."""
        return StoredStretches(self, [(self._first + start, self._first + end) for start, end in stretches])

    def read(self, stretches: Sequence[Cut]) -> Tensors:
        """Those rows on the device."""
        found = self.stretches(stretches)
        return Tensors(found.rows, *found.take()).to(self._device)

    def in_main_memory(self) -> Tensors:
        """All rows."""
        return Tensors(self.rows, *self.at(None, (0, self.rows)).take())

    def empty(self, rows: int, make: Allocate) -> Tensors:
        """Memory for so many rows of the same form."""

        def like(arrays: Mapping[str, StoredArray]) -> dict[str, torch.Tensor]:
            return {name: make((rows, *array.shape), torch.from_numpy(np.empty(0, array.dtype)).dtype) for name, array in arrays.items()}

        return Tensors(rows, tuple(like(self.stored.inputs).values()), like(self.stored.targets))

    def some(self, blocks: int = 64) -> Tensors:
        """As many rows as may be in memory at once, from at most so many blocks at equal distances: the rows may be sorted."""
        rows = rows_in_memory(self.stored)
        if rows >= self.rows:
            return self.read([(0, self.rows)])
        blocks = min(blocks, rows)
        starts = np.linspace(0, self.rows, blocks, endpoint=False).astype(np.int64).tolist()
        each = rows // blocks
        return self.read([(start, min(start + each, self.rows)) for start in starts])


@dataclass(frozen=True)
class StoredStretches:
    """A delivery of stretches of rows that lie in files, numbered as in the files."""

    data: StoredTensors
    numbers: Sequence[Cut]

    @property
    def rows(self) -> int:
        """How many rows they are."""
        return sum(end - start for start, end in self.numbers)

    def take(self) -> Rows:
        """The rows, in new memory."""
        memory = self.data.empty(self.rows, _allocate)
        self.write(memory.inputs, memory.targets)
        return memory.inputs, dict(memory.targets)

    def write(self, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor]) -> None:
        """Read them into main memory."""
        for memory, array in zip(inputs, self.data.stored.inputs.values(), strict=True):
            _fill(memory, array, self.numbers)
        for name in self.data.stored.targets.keys() & targets.keys():
            _fill(targets[name], self.data.stored.targets[name], self.numbers)


def rows_in_memory(stored: StoredRows) -> int:
    """How many rows take `PIECE_BYTES`."""
    return max(1, PIECE_BYTES // max(1, stored.row_bytes))


def in_memory(rows: Source) -> Source:
    """All rows where they are in memory anyway; of rows in files as many as may be."""
    return rows.some() if isinstance(rows, StoredTensors) else rows


def tensors_of(part: Part, device: torch.device) -> Tensors | StoredTensors:
    """A part as tensors: moved to the device once, or read from its files when they are needed."""
    if isinstance(part, StoredPart):
        return StoredTensors(part.stored, device)
    return Tensors.from_arrays(part.inputs, part.targets, part.rows, device)


def _allocate(shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(*shape, dtype=dtype)


def _fill(memory: torch.Tensor, array: StoredArray, stretches: Sequence[Cut]) -> None:
    try:
        array.read_into(memory.numpy(), stretches)
    except OSError as error:
        help = "see that the cache folder stays as it is while a run is under way"
        raise DataError(f"`{array.path}` cannot be read: {error.strerror}", place=str(array.path), help=help) from error
