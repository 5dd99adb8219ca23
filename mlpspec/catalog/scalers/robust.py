"""Centre and divide by what outliers do not move."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.option import option
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class Robust(Scaler):
    """(x - median) / (upper quantile - lower quantile), per column; outliers move neither. A constant column becomes zeros.

    By default the quantiles are the quartiles. A column whose quantiles are equal is centred only.
    Source: scikit-learn's RobustScaler.
    """

    kind = "robust"

    lower: float = option(default=0.25, minimum=0.0, below=1.0, doc="The lower quantile, as a share of the training rows.")
    upper: float = option(default=0.75, above=0.0, maximum=1.0, doc="The upper quantile.")

    def problem(self) -> str | None:
        return None if self.lower < self.upper else "`lower` is not below `upper`; write e.g. `lower: 0.25, upper: 0.75`"

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        centre, span = self._statistics(values)
        chain.then("subtract", values=centre).then("divide", values=span)
        return values.shape[1]

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        centre, span = self._statistics(values)
        chain.then("multiply", values=span).then("add", values=centre)

    def _statistics(self, values: np.ndarray) -> tuple[list[float], list[float]]:
        import numpy as np

        lower, centre, upper = np.quantile(values.astype(np.float64), [self.lower, 0.5, self.upper], axis=0)
        span = upper - lower
        span[span <= 1e-12 * np.abs(centre) + np.finfo(np.float32).tiny] = 1.0
        return float32_numbers(centre), float32_numbers(span)
