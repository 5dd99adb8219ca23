"""Logarithm, then standardize."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class Log1p(Scaler):
    """log(1 + x), then `standardize`: for amounts and counts of which a few are very large. Training rows must lie above -1.

    A later number below 0 and below all training rows counts as the lower end of the two, so that there is always a logarithm.
    Source: numpy.log1p, scikit-learn's FunctionTransformer(np.log1p).
    """

    kind = "log1p"
    above = -1.0

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        import numpy as np

        largest = np.finfo(np.float32).max
        lowest = float32_numbers(np.minimum(values.min(axis=0), 0))
        chain.then("clip", lower=lowest, upper=[float(largest)] * len(lowest)).then("log1p")
        return Standardize().fit(np.log1p(values.astype(np.float64)), chain)

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        import numpy as np

        Standardize().fit_inverse(np.log1p(values.astype(np.float64)), chain)
        chain.then("expm1")
