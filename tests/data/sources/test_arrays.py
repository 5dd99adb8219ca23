from __future__ import annotations

import numpy as np
import pytest

from mlpspec.data.sources.arrays import ArrayColumn, ArrayTable
from mlpspec.diagnostics import DataError


def test_numbers_of_all_types():
    for dtype in (np.int8, np.uint64, np.float16, np.float64, bool):
        assert ArrayColumn(np.array([0, 1], dtype), ("",)).numbers().values.tolist() == [0, 1]


def test_whole_numbers_beyond_int64():
    column = ArrayColumn(np.array([5, 2**63], np.uint64), ("",))
    assert column.integers().values.tolist() == [5, 0]
    assert column.integers().bad.tolist() == [1]
    assert column.texts().tolist() == ["5", str(2**63)]


def test_arrays_of_texts_are_no_tensors():
    column = ArrayColumn(np.array([["a", "b"], ["c", "d"]]), ("",))
    assert column.kind == "other"
    assert column.array() is None


def test_an_empty_mapping():
    with pytest.raises(DataError, match="no columns"):
        ArrayTable("", {}, ("",))
