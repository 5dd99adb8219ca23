"""What every scaler is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader


class Scaler(Entry):
    """How numbers are brought to a common size, with statistics of the training rows only."""

    invertible: ClassVar[bool] = True
    """Whether scaled numbers tell the unscaled ones, which a target needs."""

    mixes_columns: ClassVar[bool] = False
    """Whether a scaled number comes of several columns, so that a single one, or a tensor, cannot be scaled."""

    above: ClassVar[float | None] = None
    """The number that all numbers must lie above, where there is one."""

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        """Append the steps that scale to `chain`, whose last value is the unscaled one; how many numbers a row has then.

        `values`: (rows, columns) numbers without NaN, or (rows, 1) when one scale serves a whole tensor; of any numeric type.
        Statistics are calculated in float64 and written as float32 holds them. A constant column must come out as zeros, never NaN.
        """
        raise NotImplementedError(type(self).__name__)

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        """Append the steps that undo the scaling (numeric targets)."""
        raise NotImplementedError(type(self).__name__)

    def width(self, input_name: str, columns: Dim) -> Dim:
        """How many numbers a row of so many columns has once scaled, before there are values; a name where only they can tell."""
        return columns


def refuse_numbers(scale: Scaler, columns: tuple[str, ...], values: np.ndarray, reader: ColumnReader) -> None:
    """Report the training rows' numbers that a scaler does not take. `values`: (rows, columns)."""
    if scale.above is None:
        return
    wrong = values.astype("float32") <= scale.above
    for position, column in enumerate(columns):
        rows = wrong[:, position].nonzero()[0]
        if len(rows):
            place = int(rows[0] if reader.rows is None else reader.rows[rows[0]])
            message = f"column `{column}` holds {values[rows[0], position]:g}; `scale: {scale.kind}` takes numbers above {scale.above:g}"
            reader.report("bad-cell", message, row=place, help="choose another `scale`, or leave out the rows")
