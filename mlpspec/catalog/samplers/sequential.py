"""Every row once, in the order of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.samplers.base import Sampler

if TYPE_CHECKING:
    import numpy as np


@final
class Sequential(Sampler):
    """Every training row once, in the order of the data, the same in every epoch; `shuffle: false` means the same."""

    kind = "sequential"
    goes_by_chunks = True

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        import numpy as np

        return np.arange(rows, dtype=np.int64)
