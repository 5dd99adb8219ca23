"""Rows that stay in main memory and are fetched while others are learnt from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread

import torch

from mlpspec.training.lanes import Lane, Mark
from mlpspec.training.source import Cut, Rows
from mlpspec.training.tensors import Picked, Stretch, Tensors

Allocate = Callable[[Sequence[int], torch.dtype], torch.Tensor]

SLOTS = 2
"""One is learnt from while the other is filled."""


class FetchedRows:
    """A `Source` of rows in main memory. A thread gathers the rows of the next delivery; the lane brings them to the device.

    Deliveries are those that the rows would give if they were on the device.

    Args:
        data: the rows, in main memory.
        lane: how they come to the device.
    """

    def __init__(self, data: Tensors, lane: Lane):
        self.data, self.lane = data, lane
        self._slots: dict[int, list[_Slot]] = {}

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
        slots = self._slots_for(max(end - start for start, end in cuts))
        ready: SimpleQueue[Exception | None] = SimpleQueue()
        with _filling(self.data, None if order is None else order.cpu(), cuts, slots, self.lane, ready):
            for number, (start, end) in enumerate(cuts):
                slot = slots[number % SLOTS]
                problem = ready.get()
                if problem is not None:
                    raise problem
                self.lane.receive(slot.sent)
                yield Stretch(slot.memory.part(0, end - start))
                slot.free.put(_Free(self.lane.done_so_far()))

    def _slots_for(self, rows: int) -> list[_Slot]:
        """Room for deliveries of so many rows. It stays, as the device may still be busy with it when a visit is over."""
        if rows not in self._slots:
            with torch.inference_mode(False):  # they are written to in any mode
                self._slots[rows] = [_Slot(self._like(self.lane.staging, rows), self._like(self.lane.memory, rows)) for _ in range(SLOTS)]
        return self._slots[rows]

    def _like(self, make: Allocate, rows: int) -> Tensors:
        inputs = tuple(make((rows, *tensor.shape[1:]), tensor.dtype) for tensor in self.data.inputs)
        return Tensors(rows, inputs, {name: make((rows, *tensor.shape[1:]), tensor.dtype) for name, tensor in self.data.targets.items()})


@dataclass(frozen=True)
class _Free:
    """A slot may be filled again once the device is past this moment."""

    mark: Mark


@dataclass
class _Slot:
    staging: Tensors
    memory: Tensors
    sent: Mark = None
    is_sent: bool = False
    free: SimpleQueue[_Free | None] = field(default_factory=SimpleQueue)


@contextmanager
def _filling(
    data: Tensors, order: torch.Tensor | None, cuts: Sequence[Cut], slots: Sequence[_Slot], lane: Lane, ready: SimpleQueue[Exception | None]
) -> Iterator[None]:
    """Within it a thread fills the slots in turn, and says so in `ready`."""
    now = lane.done_so_far()
    for slot in slots:
        slot.free = SimpleQueue()
        slot.free.put(_Free(now))
    thread = Thread(target=_fill, args=(data, order, cuts, slots, lane, ready), name="fetching rows", daemon=True)
    thread.start()
    try:
        yield
    finally:
        for slot in slots:
            slot.free.put(None)
        thread.join()


def _fill(
    data: Tensors, order: torch.Tensor | None, cuts: Sequence[Cut], slots: Sequence[_Slot], lane: Lane, ready: SimpleQueue[Exception | None]
) -> None:
    try:
        for number, (start, end) in enumerate(cuts):
            slot = slots[number % SLOTS]
            free = slot.free.get()
            if free is None:
                return
            if slot.is_sent:
                lane.wait(slot.sent)  # the device has read what was staged here before
            rows = end - start
            staged, there = slot.staging.part(0, rows), slot.memory.part(0, rows)
            gathered = Stretch(data.part(start, end)) if order is None else Picked(data, order[start:end])
            gathered.write(staged.inputs, staged.targets)
            targets = [(there.targets[name], tensor) for name, tensor in staged.targets.items()]
            copies = [*zip(there.inputs, staged.inputs, strict=True), *targets]
            slot.sent, slot.is_sent = lane.send(copies, free.mark), True
            ready.put(None)
    except Exception as error:  # the thread that learns raises it
        ready.put(error)
