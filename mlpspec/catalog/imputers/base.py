"""What every imputer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpspec.catalog.entry import Entry

if TYPE_CHECKING:
    import numpy as np


class Imputer(Entry):
    """What to do about missing numbers."""

    def fill(self, values: np.ndarray) -> list[float] | None:
        """One replacement for each column of `values`, (rows, columns) float64 with NaN where missing; None: missing values are refused.

        Replacements are numbers that float32 holds; a column without any value gets 0.
        """
        raise NotImplementedError(type(self).__name__)


def present(column: np.ndarray) -> np.ndarray:
    """The values of a column that are there; a single 0 when none is."""
    import numpy as np

    values = column[~np.isnan(column)]
    return values if len(values) else np.zeros(1)
