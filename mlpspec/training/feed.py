"""The rows of an epoch as steps take them: a stretch of steps at a time, whose rows are in memory together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from mlpspec.training.batches import Batch
from mlpspec.training.plan import Plan
from mlpspec.training.source import Source
from mlpspec.training.step import Step


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


class Feed(Protocol):
    """Gives the training rows of a run, in the order of its plan."""

    def stretches(self, epoch: int, first: int = 0) -> Iterator[Stretch]:
        """The stretches of an epoch from the one with step number `first` on: the same ones each time.

        The rows of a stretch are in memory until the next one is asked for.
        """
        ...


class MemoryFeed:
    """Rows that are all in memory: an epoch is one stretch."""

    def __init__(self, data: Source, plan: Plan):
        self._data, self._plan = data, plan

    def stretches(self, epoch: int, first: int = 0) -> Iterator[Stretch]:
        """See `Feed`."""
        yield Stretch(0, len(self._plan.batches(epoch)), self._data, torch.from_numpy(self._plan.order(epoch)))


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
