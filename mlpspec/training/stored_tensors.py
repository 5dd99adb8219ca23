"""A part of the data in files, as tensors on the device a few rows at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence

import numpy as np
import torch

from mlpspec.data.dataset import Part
from mlpspec.data.streaming.part import StoredPart
from mlpspec.data.streaming.stored import StoredArray, StoredRows
from mlpspec.training.source import Cut, Rows, Source
from mlpspec.training.tensors import Stretch, Tensors

PIECE_BYTES = 128 << 20
"""How much of a part that lies in files is in memory at once, about."""


class StoredTensors:
    """What `Tensors` is for rows in memory. A `Source`."""

    def __init__(self, stored: StoredRows, device: torch.device):
        self.stored, self._device = stored, device
        self.rows = stored.rows

    def part(self, start: int, end: int) -> Tensors:
        """The rows from `start` to before `end`."""
        return self._read([(start, end)])

    def head(self, rows: int) -> Tensors:
        """The first rows; from the first on again where there are too few."""
        return self.part(0, min(rows, self.rows)).head(rows)

    @property
    def targets(self) -> dict[str, torch.Tensor]:
        """The targets of all rows, in main memory."""
        return {name: _tensor(array, [(0, self.rows)]) for name, array in self.stored.targets.items()}

    def pick(self, index: torch.Tensor) -> Rows:
        """The rows at `index`, on the device; each is read by itself."""
        found = self._read([(row, row + 1) for row in index.tolist()])
        return found.inputs, dict(found.targets)

    def visit(self, order: torch.Tensor | None, cuts: Sequence[Cut]) -> Generator[Stretch, None, None]:
        """A delivery for each cut; see `Source`. In an order of their own many rows come faster through a `ChunkFeed`."""
        for start, end in cuts:
            stretches = [(start, end)] if order is None else [(row, row + 1) for row in order[start:end].tolist()]
            yield Stretch(self._read(stretches))

    def some(self, blocks: int = 64) -> Tensors:
        """As many rows as may be in memory at once, from at most so many blocks at equal distances: the rows may be sorted."""
        rows = rows_in_memory(self.stored)
        if rows >= self.rows:
            return self.part(0, self.rows)
        blocks = min(blocks, rows)
        starts = np.linspace(0, self.rows, blocks, endpoint=False).astype(np.int64).tolist()
        each = rows // blocks
        return self._read([(start, min(start + each, self.rows)) for start in starts])

    def _read(self, stretches: Sequence[tuple[int, int]]) -> Tensors:
        def read(arrays: Mapping[str, StoredArray]) -> dict[str, torch.Tensor]:
            return {name: _tensor(array, stretches).to(self._device) for name, array in arrays.items()}

        rows = sum(end - start for start, end in stretches)
        return Tensors(rows, tuple(read(self.stored.inputs).values()), read(self.stored.targets))


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


def empty_tensors(arrays: Iterable[StoredArray], rows: int, device: torch.device, *, pinned: bool = False) -> list[torch.Tensor]:
    """Memory for so many rows of each array; zeros. `pinned` memory of the CPU is copied to a GPU faster."""
    return [
        torch.zeros((rows, *array.shape), dtype=torch.from_numpy(np.empty(0, array.dtype)).dtype, device=device, pin_memory=pinned)
        for array in arrays
    ]


def _tensor(array: StoredArray, stretches: Sequence[tuple[int, int]]) -> torch.Tensor:
    memory = np.empty((sum(end - start for start, end in stretches), *array.shape), array.dtype)
    array.read_into(memory, stretches)
    return torch.from_numpy(memory)
