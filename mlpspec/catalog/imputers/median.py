"""Replace missing numbers by the median."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.imputers.base import Imputer, present

if TYPE_CHECKING:
    import numpy as np


@final
class MedianImputer(Imputer):
    """A missing number becomes the median of its column's training rows; outliers do not move it.

    Source: scikit-learn's SimpleImputer(strategy="median").
    """

    kind = "median"

    def fill(self, values: np.ndarray) -> list[float]:
        import numpy as np

        return float32_numbers(np.array([np.median(present(column)) for column in values.T]))
