"""Refuse missing numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.imputers.base import Imputer

if TYPE_CHECKING:
    import numpy as np


@final
class ErrorImputer(Imputer):
    """A missing number is an error, in training and later."""

    kind = "error"

    def fill(self, values: np.ndarray) -> None:
        return None
