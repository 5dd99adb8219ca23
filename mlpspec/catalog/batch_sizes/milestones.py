"""Batch sizes that change at chosen epochs."""

from __future__ import annotations

from itertools import pairwise
from typing import final

from mlpspec.catalog.batch_sizes.base import LARGEST, BatchSize, Scaling, Stage, rate_factor
from mlpspec.catalog.option import option


@final
class Milestones(BatchSize):
    """`sizes[0]` rows from the first epoch on, `sizes[1]` from epoch `epochs[0]` on (from 0), and so forth.

    Source: Smith et al. 2018, whose batches grow where a multi-step schedule would lower the learning rate.
    """

    kind = "milestones"

    epochs: tuple[int, ...] = option(
        minimum=1, maximum=1_000_000, min_items=1, doc="The epochs at whose start the size changes, rising.", examples=([30, 60],)
    )
    sizes: tuple[int, ...] = option(
        minimum=1, maximum=LARGEST, min_items=2, doc="The sizes: one more than `epochs` has.", examples=([32, 128, 512],)
    )
    learning_rate_scaling: Scaling = option(
        default="none", doc="How the learning rate follows the batch: not at all, in proportion, or with the root."
    )

    def problem(self) -> str | None:
        if len(self.sizes) != len(self.epochs) + 1:
            return f"{len(self.epochs)} epochs divide a run into {len(self.epochs) + 1} parts, and `sizes` has {len(self.sizes)} items"
        for earlier, later in pairwise(self.epochs):
            if later <= earlier:
                return f"`epochs` has {later} after {earlier}: write them in rising order"
        return None

    def stages(self) -> tuple[Stage, ...]:
        first = self.sizes[0]
        starts = (0, *self.epochs)
        return tuple(
            Stage(epoch, rows, rate_factor(rows, first, self.learning_rate_scaling)) for epoch, rows in zip(starts, self.sizes, strict=True)
        )
