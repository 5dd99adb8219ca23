"""The same size in every epoch."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.batch_sizes.base import LARGEST, BatchSize, Stage
from mlpspec.catalog.option import option


@final
class Fixed(BatchSize):
    """The same number of rows in every epoch: `batch_size: 32`."""

    kind = "fixed"
    main = "rows"
    shorthand = True

    rows: int = option(minimum=1, maximum=LARGEST, doc="Rows of a batch.", examples=(32,))

    def stages(self) -> tuple[Stage, ...]:
        return (Stage(0, self.rows),)
