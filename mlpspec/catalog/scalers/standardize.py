"""Centre and divide by the standard deviation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np

_CHUNK = 1 << 16
"""Rows that are in float64 at the same time, so that a large array of bytes is never copied whole."""


@final
class Standardize(Scaler):
    """(x - mean) / standard deviation, per column; a constant column becomes zeros.

    The standard deviation is the population's (divided by the number of rows), as in scikit-learn's StandardScaler.
    """

    kind = "standardize"

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        mean, deviation = _statistics(values)
        chain.then("subtract", values=mean).then("divide", values=deviation)
        return values.shape[1]

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        mean, deviation = _statistics(values)
        chain.then("multiply", values=deviation).then("add", values=mean)


def _statistics(values: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each column, in two passes over the rows in their order."""
    import numpy as np

    lowest, highest = values.min(axis=0).astype(np.float64), values.max(axis=0).astype(np.float64)
    mean = np.sum([chunk.sum(axis=0) for chunk in _chunks(values)], axis=0) / len(values)
    mean = np.where(lowest == highest, lowest, mean)  # exactly, so that a constant column becomes exactly zero
    squares = np.sum([np.square(chunk - mean).sum(axis=0) for chunk in _chunks(values)], axis=0)
    deviation = np.sqrt(squares / len(values))
    noise = deviation <= 1e-12 * np.abs(mean)  # rounding errors of a column that is constant but for them
    deviation[noise | (deviation < np.finfo(np.float32).tiny)] = 1.0
    return float32_numbers(mean), float32_numbers(deviation)


def _chunks(values: np.ndarray) -> Iterator[np.ndarray]:
    import numpy as np

    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK].astype(np.float64)
