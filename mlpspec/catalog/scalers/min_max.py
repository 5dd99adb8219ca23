"""Bring every column to the range from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class MinMax(Scaler):
    """(x - min) / (max - min), per column; a constant column becomes zeros.

    Training rows lie within 0 and 1; later rows may lie outside.
    Source: scikit-learn's MinMaxScaler.
    """

    kind = "min_max"

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        lowest, span = _statistics(values)
        chain.then("subtract", values=lowest).then("divide", values=span)
        return values.shape[1]

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        lowest, span = _statistics(values)
        chain.then("multiply", values=span).then("add", values=lowest)


def _statistics(values: np.ndarray) -> tuple[list[float], list[float]]:
    import numpy as np

    lowest = values.min(axis=0).astype(np.float64)
    span = values.max(axis=0).astype(np.float64) - lowest
    span[span < np.finfo(np.float32).tiny] = 1.0
    return float32_numbers(lowest), float32_numbers(span)
