"""Replace missing numbers by a number of one's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.imputers.base import Imputer
from mlpspec.catalog.option import option

if TYPE_CHECKING:
    import numpy as np


@final
class ConstantImputer(Imputer):
    """A missing number becomes `value`, before scaling.

    Source: scikit-learn's SimpleImputer(strategy="constant").
    """

    kind = "constant"
    main = "value"

    value: float = option(minimum=-1e30, maximum=1e30, doc="The number that stands for a missing one.", examples=(0.0,))

    def fill(self, values: np.ndarray) -> list[float]:
        import numpy as np

        return float32_numbers(np.full(values.shape[1], self.value))
