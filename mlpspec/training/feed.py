"""The rows of an epoch as steps take them: a stretch of steps at a time, whose rows are in memory together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from mlpspec.ahead import Ahead
from mlpspec.training.batches import Batch
from mlpspec.training.plan import Plan
from mlpspec.training.source import Source
from mlpspec.training.step import Step

MANY_ROWS = 1 << 16
"""Rows from which shuffling takes longer than to have a thread do it."""

Place = tuple[int, int]
"""An epoch, and the number of one of its chunks; both from 0."""


class Chunk(NamedTuple):
    """Steps of an epoch whose rows are in memory together: numbers `first` to before `last`, places `start` to before `end`."""

    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True)
class Stretch:
    """Some steps of an epoch, from number `first` to before `last`.

    What stands at place i of the epoch's order is row `order[i - start]` of `data`.
    """

    first: int
    last: int
    data: Source
    order: torch.Tensor
    start: int = 0

    def rows(self, batch: Batch) -> torch.Tensor:
        """The rows of `data` that a step learns from."""
        return self.order[batch[0] - self.start : batch[-1] - self.start]


class Feed(ABC):
    """Gives the training rows of a run, in the order of its plan.

    While steps learn from one stretch, the next one is made ready, that of the next epoch included. Close it in the end.

    Attributes:
        data: what steps learn from.
    """

    def __init__(self, data: Source, plan: Plan):
        self.data, self.plan = data, plan
        self._running: Generator[Stretch, None, None] | None = None
        self._coming: Place | None = None

    @abstractmethod
    def chunks(self, epoch: int) -> Sequence[Chunk]:
        """What an epoch is cut into."""

    @abstractmethod
    def run(self, places: Iterator[Place]) -> Generator[Stretch, None, None]:
        """The stretches of the chunks at these places. The rows of one are in memory until the next one is asked for."""

    def stretches(self, epoch: int, first: int = 0) -> Iterator[Stretch]:
        """The stretches of an epoch from the one with step number `first` on: the same ones each time.

        The rows of a stretch are in memory until the next one is asked for.
        """
        for number, chunk in enumerate(self.chunks(epoch)):
            if chunk.last > first:
                yield self._stretch(epoch, number)

    def close(self) -> None:
        """Make no more ready."""
        if self._running is not None:
            self._running.close()
        self._running = self._coming = None

    def _stretch(self, epoch: int, number: int) -> Stretch:
        if self._running is None or self._coming != (epoch, number):
            self.close()
            self._running = self.run(self._places(epoch, number))
        try:
            found = next(self._running)
        except BaseException:
            self._coming = None  # what failed is begun anew
            raise
        self._coming = (epoch, number + 1) if number + 1 < len(self.chunks(epoch)) else (epoch + 1, 0)
        return found

    def _places(self, epoch: int, number: int) -> Iterator[Place]:
        """This place and all behind it."""
        for later in range(epoch, self.plan.training.epochs):
            yield from ((later, chunk) for chunk in range(number if later == epoch else 0, len(self.chunks(later))))


class MemoryFeed(Feed):
    """Rows that are all in memory: an epoch is one stretch."""

    def chunks(self, epoch: int) -> Sequence[Chunk]:
        """See `Feed`."""
        batches = self.plan.batches(epoch)
        return [Chunk(0, len(batches), batches[0][0], batches[-1][-1])]

    def run(self, places: Iterator[Place]) -> Generator[Stretch, None, None]:
        """See `Feed`."""
        stretches = (Stretch(0, len(self.plan.batches(epoch)), self.data, torch.from_numpy(self.plan.order(epoch))) for epoch, _ in places)
        if self.plan.rows < MANY_ROWS:
            yield from stretches
        else:
            with Ahead(stretches) as shuffled:
                yield from shuffled


@dataclass(frozen=True)
class PlannedEpoch:
    """An epoch as the step takes it: its number from 0, the rows of each step in its order, each step's rate, and who gives the rows."""

    epoch: int
    batches: Sequence[Batch]
    rates: Sequence[float]
    feed: Feed

    def run(self, step: Step, first: int = 0, last: int | None = None) -> Iterator[int]:
        """Let the step learn from step number `first` to before `last`, by default to the end; see `Step.run_epoch`."""
        last = len(self.batches) if last is None else last
        for stretch in self.feed.stretches(self.epoch, first):
            begin, end = max(first, stretch.first), min(last, stretch.last)
            if begin >= end:
                return
            yield from step.run_epoch(self.epoch, stretch.order, self.batches, self.rates, first=begin, last=end, start=stretch.start)
