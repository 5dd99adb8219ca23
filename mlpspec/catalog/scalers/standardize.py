"""Centre and divide by the standard deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class Standardize(Scaler):
    """(x - mean) / standard deviation, per column; a constant column becomes zeros.

    The standard deviation is the population's (divided by the number of rows), as in scikit-learn's StandardScaler.
    """

    kind = "standardize"

    def fit(self, values: np.ndarray, chain: Chain) -> None:
        mean, deviation = _statistics(values)
        chain.then("subtract", values=mean).then("divide", values=deviation)

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        mean, deviation = _statistics(values)
        chain.then("multiply", values=deviation).then("add", values=mean)


def _statistics(values: np.ndarray) -> tuple[list[float], list[float]]:
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    negligible = deviation <= 1e-12 * abs(mean)  # rounding noise of a constant column
    deviation[negligible | (deviation == 0)] = 1.0
    return mean.tolist(), deviation.tolist()
