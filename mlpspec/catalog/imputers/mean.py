"""Replace missing numbers by the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.imputers.base import Imputer, present

if TYPE_CHECKING:
    import numpy as np


@final
class MeanImputer(Imputer):
    """A missing number becomes the mean of its column's training rows.

    Source: scikit-learn's SimpleImputer(strategy="mean").
    """

    kind = "mean"

    def fill(self, values: np.ndarray) -> list[float]:
        import numpy as np

        return float32_numbers(np.array([present(column).mean() for column in values.T]))
