"""Rows that a thread brings to the device while others are learnt from."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import SimpleQueue
from typing import Any, NamedTuple

import torch

from mlpspec.ahead import Ahead
from mlpspec.training.lanes import Lane, Mark
from mlpspec.training.source import Delivery, Held

SLOTS = 2
"""One is learnt from while the other is filled."""


class Lot(NamedTuple):
    """So many rows that are to be brought, and what the receiver wants to know about them."""

    rows: int
    delivery: Delivery
    about: Any = None


class Slots:
    """Room for two lots of rows, which are used in turn.

    A thread writes the rows of a lot into staging memory, from where the lane brings them to the device. For a device that is the CPU both
    are the same memory.

    Args:
        like: rows of the form of those that will come.
        rows: how many a lot has at most.
        lane: how they come to the device.

    Attributes:
        memory: both slots on the device, one behind the other.
    """

    def __init__(self, like: Held, rows: int, lane: Lane):
        self._rows, self._lane = rows, lane
        with torch.inference_mode(False):  # they are written to in any mode
            staging = like.empty(SLOTS * rows, lane.staging)
            self.memory = staging.map(lane.memory)
            # autograd would take what is written into one slot for a change of what it keeps of the other; `data` is not watched
            self._staging, self._there = (memory.map(lambda tensor: tensor.data) for memory in (staging, self.memory))
        self._sent: list[Mark] = [None] * SLOTS

    def deliver(self, lots: Iterable[Lot]) -> Generator[tuple[int, Lot], None, None]:
        """Bring lots to the device; for each, once it is there, at which row of `memory` it begins.

        It is there until the next one is asked for. The thread goes through `lots`; what that raises is raised here. Close it when done
        early.
        """
        free: SimpleQueue[Mark] = SimpleQueue()
        free.put(self._lane.done_so_far())
        with Ahead(self._bring(lots, free)) as coming:
            while True:
                free.put(self._lane.done_so_far())  # all that was calculated with the lot before this one
                found = next(coming, None)
                if found is None:
                    return
                start, lot, sent = found
                self._lane.receive(sent)
                yield start, lot

    def _bring(self, lots: Iterable[Lot], free: SimpleQueue[Mark]) -> Generator[tuple[int, Lot, Mark], None, None]:
        for number, lot in enumerate(lots):
            slot, after = number % SLOTS, free.get()
            start = slot * self._rows
            if self._sent[slot] is not None:
                self._lane.wait(self._sent[slot])  # the device has read what was staged here before
            staged, there = (memory.part(start, start + lot.rows) for memory in (self._staging, self._there))
            lot.delivery.write(staged.inputs, staged.targets)
            self._sent[slot] = self._lane.send(zip(there.all, staged.all, strict=True), after)
            yield start, lot, self._sent[slot]
