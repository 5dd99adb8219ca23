"""A size that is found out before training."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.batch_sizes.base import LARGEST, BatchSize, Scaling, Stage, rate_factor
from mlpspec.catalog.option import option

SMALLEST = 16
"""Rows of the smallest batch that is tried."""


@final
class Auto(BatchSize):
    """On a GPU the largest power of two whose step fits into its memory, found by trying; on a CPU what suits the number of rows.

    Sizes are tried from 16 on, each twice the one before, until one does not fit, or fewer than `steps` steps an epoch would be left, or
    `maximum` is passed. A size fits when a step with it leaves `margin` of the GPU's memory free. On a CPU, where memory is not what a
    batch is short of, it is the power of two from 16 to 1024 that makes about thirty steps an epoch.
    What was found stands in `run.json`, and a resumed run takes it from there.
    """

    kind = "auto"

    maximum: int = option(default=8192, minimum=SMALLEST, maximum=LARGEST, doc="Rows of a batch, at most.", examples=(4096,))
    steps: int = option(default=16, minimum=1, maximum=1_000_000, doc="Steps that an epoch should have at least.")
    margin: float = option(default=0.2, minimum=0.0, below=1.0, doc="Share of the GPU's memory that stays free.")
    learning_rate_scaling: Scaling = option(
        default="none", doc="How the learning rate, which is meant for `reference` rows, follows the size that was found."
    )
    reference: int = option(default=32, minimum=1, maximum=LARGEST, doc="Rows of a batch that the learning rate is meant for.")

    def stages(self) -> tuple[Stage, ...]:
        return ()

    def found(self, rows: int) -> tuple[Stage, ...]:
        """The only stage, once the size is known."""
        return (Stage(0, rows, rate_factor(rows, self.reference, self.learning_rate_scaling)),)

    def largest(self, rows: int, accumulate: int) -> int:
        """The largest size worth a try, a power of two and at least 16, for so many training rows.

        >>> Auto().largest(100_000, 1), Auto().largest(3000, 1), Auto().largest(10, 1)
        (4096, 128, 16)
        """
        size = SMALLEST
        while size * 2 <= self.maximum and size * 2 * accumulate * self.steps <= rows:
            size *= 2
        return size


def usual_batch_size(rows: int) -> int:
    """What suits so many training rows: a power of two that makes about thirty steps an epoch, from 16 to 1024.

    >>> usual_batch_size(100), usual_batch_size(2000), usual_batch_size(1_000_000)
    (16, 64, 1024)
    """
    size = SMALLEST
    while size < 1024 and size * 2 <= rows / 20:
        size *= 2
    return size
