"""Rows that stay in main memory or in files and are fetched while others are learnt from."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing

import torch

from mlpspec.training.lanes import Lane
from mlpspec.training.slots import Lot, Slots
from mlpspec.training.source import Cut, Held, Rows
from mlpspec.training.tensors import Stretch, Tensors


class FetchedRows:
    """A `Source` of rows that are not on the device. A thread gathers the rows of the next delivery; the lane brings them there.

    Deliveries are those that the rows would give if they were on the device.

    Args:
        data: the rows, in main memory or in files.
        lane: how they come to the device.
    """

    def __init__(self, data: Held, lane: Lane):
        self.data, self.lane = data, lane
        self._slots: dict[int, Slots] = {}

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.data.rows

    @property
    def targets(self) -> Mapping[str, torch.Tensor]:
        """The targets of all rows, in main memory."""
        return self.data.targets

    def head(self, rows: int) -> Tensors:
        """The first rows, on the device."""
        return self.data.head(rows).to(self.lane.device)

    def part(self, start: int, end: int) -> FetchedRows:
        """The rows from `start` to before `end`."""
        return FetchedRows(self.data.part(start, end), self.lane)

    def pick(self, index: torch.Tensor) -> Rows:
        """The rows at `index`, on the device."""
        found = Tensors(index.shape[0], *self.data.pick(index)).to(self.lane.device)
        return found.inputs, dict(found.targets)

    def visit(self, order: torch.Tensor | None, cuts: Sequence[Cut]) -> Generator[Stretch, None, None]:
        """A delivery for each cut; the next one is fetched meanwhile."""
        if not cuts:
            return
        here = None if order is None else order.cpu()
        slots = self._slots_for(max(end - start for start, end in cuts))
        lots = (Lot(end - start, self.data.at(here, (start, end))) for start, end in cuts)
        with closing(slots.deliver(lots)) as delivered:
            for start, lot in delivered:
                yield Stretch(slots.memory.part(start, start + lot.rows))

    def _slots_for(self, rows: int) -> Slots:
        """Room for deliveries of so many rows. It stays, as the device may still be busy with it when a visit is over."""
        if rows not in self._slots:
            self._slots[rows] = Slots(self.data, rows, self.lane)
        return self._slots[rows]
