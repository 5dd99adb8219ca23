"""What a run does step by step, known before it begins: rows, batches, learning rates. All of it follows from the spec and the data."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mlpspec.catalog.batch_sizes.base import Stage
from mlpspec.catalog.schedules.base import Horizon
from mlpspec.catalog.schedules.base import Stage as Stretch
from mlpspec.language.sections.training import Training
from mlpspec.training.batches import Batch, Form, batch_bounds, epoch_order, forms_of


class Plan:
    """The epochs of a run, counted from 0.

    Args:
        training: the `training:` section.
        seed: the spec's.
        rows: how many training rows there are.
        by: what the sampler learnt from them.
        stages: the batch sizes, where they were found out and are not those that the section tells.
    """

    def __init__(self, training: Training, seed: int, rows: int, *, by: np.ndarray | None = None, stages: Sequence[Stage] | None = None):
        self.training, self.seed, self._data_rows, self._by = training, seed, rows, by
        self.stages = [stage for stage in stages or training.batch_size.stages() if stage.epoch < training.epochs]
        self.rows = training.sampler.rows(rows, by)
        self._first_steps = [0]
        for stage, later in zip(self.stages, self.stages[1:], strict=False):
            self._first_steps.append(self._first_steps[-1] + (later.epoch - stage.epoch) * len(self._batches[stage.rows]))

    def order(self, epoch: int) -> np.ndarray:
        """The training rows that an epoch visits, (rows,) int64."""
        return epoch_order(self._data_rows, self.seed, epoch, sampler=self.training.sampler, by=self._by)

    def batches(self, epoch: int) -> list[Batch]:
        """The steps of an epoch: which stretches of its order they learn from."""
        return self._batches[self._stage(epoch).rows]

    def first_step(self, epoch: int) -> int:
        """How many steps the epochs before this one have."""
        number = self._number(epoch)
        stage = self.stages[number]
        return self._first_steps[number] + (epoch - stage.epoch) * len(self._batches[stage.rows])

    def rates(self, epoch: int) -> list[float]:
        """The learning rate of each step of an epoch."""
        base, first = self.training.optimizer.learning_rate * self._stage(epoch).rate, self.first_step(epoch)
        return [base * self.training.schedule.factor(first + number, self.horizon) for number in range(len(self.batches(epoch)))]

    @cached_property
    def horizon(self) -> Horizon:
        """How long the run is, as schedules count it."""
        first, *later = stretches = [
            Stretch(step, stage.epoch, len(self._batches[stage.rows])) for step, stage in zip(self._first_steps, self.stages, strict=True)
        ]
        return Horizon(self.first_step(self.training.epochs), first.steps_per_epoch, tuple(stretches) if later else ())

    @cached_property
    def forms(self) -> Counter[Form]:
        """How many steps of each form an epoch of each stage has, all stages together."""
        return sum((forms_of(batches) for batches in self._batches.values()), Counter())

    @cached_property
    def _batches(self) -> dict[int, list[Batch]]:
        """The steps of an epoch by the rows of a batch."""
        options = {"accumulate": self.training.accumulate, "drop_last": self.training.drop_last}
        return {stage.rows: list(batch_bounds(self.rows, stage.rows, **options)) for stage in self.stages}

    def _stage(self, epoch: int) -> Stage:
        return self.stages[self._number(epoch)]

    def _number(self, epoch: int) -> int:
        return bisect_right(self.stages, epoch, key=lambda stage: stage.epoch) - 1
