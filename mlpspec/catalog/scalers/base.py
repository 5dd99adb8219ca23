"""What every scaler is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpspec.catalog.entry import Entry
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


class Scaler(Entry):
    """How numbers are brought to a common size, with statistics of the training rows only."""

    def fit(self, values: np.ndarray, chain: Chain) -> None:
        """Append the steps that scale to `chain`, whose last value is the unscaled one.

        `values`: (rows, columns) numbers without NaN, or (rows, 1) when one scale serves a whole tensor; of any numeric type.
        Statistics are calculated in float64 and written as float32 holds them. A constant column must come out as zeros, never NaN.
        """
        raise NotImplementedError(type(self).__name__)

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        """Append the steps that undo the scaling (numeric targets)."""
        raise NotImplementedError(type(self).__name__)
