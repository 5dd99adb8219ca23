"""Orders of samplers, and readers of small tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlpspec.catalog.samplers import Sampler
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.training.batches import epoch_order


@pytest.fixture
def orders() -> Callable[..., list[np.ndarray]]:
    """The orders of some epochs."""

    def collect(sampler: Sampler, rows: int, by: np.ndarray | None = None, epochs: int = 3, seed: int = 5) -> list[np.ndarray]:
        return [epoch_order(rows, seed, epoch, sampler=sampler, by=by) for epoch in range(epochs)]

    return collect


@pytest.fixture
def reader() -> Callable[..., ColumnReader]:
    def read(rows: list[int] | None = None, **columns: object) -> ColumnReader:
        table = open_frame({name: np.asarray(values) for name, values in columns.items()}, missing_tokens=("",))
        return ColumnReader(table, None if rows is None else np.asarray(rows))

    return read
