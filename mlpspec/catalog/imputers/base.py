"""What every imputer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpspec.catalog.entry import Entry

if TYPE_CHECKING:
    import numpy as np


class Imputer(Entry):
    """What to do about missing numbers."""

    def fill(self, values: np.ndarray) -> list[float] | None:
        """One replacement for each column of `values`, (rows, columns) float64 with NaN where missing; None: missing values are refused."""
        raise NotImplementedError(type(self).__name__)
