"""Leave numbers as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain

if TYPE_CHECKING:
    import numpy as np


@final
class NoScaling(Scaler):
    """x itself: for numbers that have a common size already."""

    kind = "none"

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        return values.shape[1]

    def fit_inverse(self, values: np.ndarray, chain: Chain) -> None:
        """Append nothing."""
