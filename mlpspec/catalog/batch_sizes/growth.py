"""Batches that grow every few epochs."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.batch_sizes.base import LARGEST, BatchSize, Scaling, Stage, rate_factor
from mlpspec.catalog.option import option


@final
class Growth(BatchSize):
    """start * factor^floor(t / every) rows, t in epochs, up to `maximum`: larger batches where others lower the learning rate.

    The noise of a step falls with the batch as it does with the rate, and the steps become fewer instead of smaller.
    Source: Smith et al. 2018, Don't Decay the Learning Rate, Increase the Batch Size.
    """

    kind = "growth"

    start: int = option(minimum=1, maximum=LARGEST, doc="Rows of a batch in the first epoch.", examples=(32,))
    factor: float = option(default=2.0, minimum=1.1, maximum=1000.0, doc="What a batch grows by each time.")
    every: int = option(default=10, minimum=1, maximum=1_000_000, doc="Epochs from one growth to the next.", examples=(10,))
    maximum: int = option(minimum=1, maximum=LARGEST, doc="Rows of a batch, at most.", examples=(512,))
    learning_rate_scaling: Scaling = option(
        default="none", doc="How the learning rate grows with the batch: not at all, in proportion, or with the root."
    )

    def problem(self) -> str | None:
        if self.maximum < self.start:
            return f"`maximum: {self.maximum}` is less than `start: {self.start}`; a batch can only grow"
        return None

    def stages(self) -> tuple[Stage, ...]:
        found: list[Stage] = []
        number = 0
        while not found or found[-1].rows < self.maximum:
            rows = min(self.maximum, round(self.start * self.factor**number))
            if not found or rows > found[-1].rows:
                found.append(Stage(number * self.every, rows, rate_factor(rows, self.start, self.learning_rate_scaling)))
            number += 1
        return tuple(found)
