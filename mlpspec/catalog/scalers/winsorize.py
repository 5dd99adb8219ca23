"""Cut off what lies beyond two quantiles, then standardize."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.option import option
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class Winsorize(Scaler):
    """A number beyond the lower or upper quantile of its column counts as that quantile; the rest is `standardize`.

    Mean and standard deviation are those of the cut numbers, so that single huge ones tell nothing. What was cut is lost: no scale for a
    target.
    Source: Tukey 1962, after C. P. Winsor; quantiles by linear interpolation (numpy.quantile).
    """

    kind = "winsorize"
    aliases = ("clip",)
    invertible = False

    lower: float = option(default=0.01, minimum=0.0, below=1.0, doc="The lower quantile, as a share of the training rows.")
    upper: float = option(default=0.99, above=0.0, maximum=1.0, doc="The upper quantile.")

    def problem(self) -> str | None:
        return None if self.lower < self.upper else "`lower` is not below `upper`; write e.g. `lower: 0.01, upper: 0.99`"

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        import numpy as np

        ends = np.quantile(values.astype(np.float64), [self.lower, self.upper], axis=0)
        lower, upper = map(float32_numbers, ends)
        chain.then("clip", lower=lower, upper=upper)
        return Standardize().fit(np.clip(values, lower, upper), chain)
