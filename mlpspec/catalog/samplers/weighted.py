"""Rows drawn by their weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from mlpspec.catalog.option import option
from mlpspec.catalog.samplers.base import Sampler, known
from mlpspec.catalog.targets.base import TargetType

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader


@final
class Weighted(Sampler):
    """As many rows as there are, drawn with replacement, each row in proportion to its weight; one of weight 0 is never seen.

    The weights are numbers of a column of the data, from 0 on; they are no input of the model, and new rows need none. Training data with
    weights makes the model expect a world in which rows are as common as their weights say.
    Source: torch.utils.data.WeightedRandomSampler.
    """

    kind = "weighted"
    main = "column"

    column: str = option(doc="The column of the weights.", examples=("weight",))

    def reserved(self) -> tuple[str, ...]:
        return (self.column,)

    def fit(self, reader: ColumnReader, targets: Mapping[str, TargetType]) -> np.ndarray:
        """The weights, float64."""
        import numpy as np

        columns = reader.expand((self.column,), globs=False)
        weights = reader.numbers(columns)
        reader.refuse_missing(columns, "float32")
        reader.raise_problems()
        weights = weights[:, 0]
        negative = np.flatnonzero(weights < 0)
        if len(negative):
            message = f"column `{self.column}` has {len(negative)} weight{'s' if len(negative) > 1 else ''} below 0"
            row = int(negative[0] if reader.rows is None else reader.rows[negative[0]])
            reader.report("bad-cell", message, row=row, help="a weight says how often a row is drawn: 0 or more")
        elif not weights.any():
            reader.report("invalid-data", f"all weights in column `{self.column}` are 0", help="give rows that shall be seen a weight")
        reader.raise_problems()
        return weights

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        import numpy as np

        by = known(by)
        ends = np.cumsum(by)
        found = np.searchsorted(ends, generator.random(rows) * ends[-1], side="right")
        return np.minimum(found, np.flatnonzero(by)[-1]).astype(np.int64)  # a product may be rounded up to the end
