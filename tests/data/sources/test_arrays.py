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


def test_times():
    column = ArrayColumn(np.array(["1969-12-31", "NaT", "2024-02-29T12:30"], "M8[ns]"), ("",))
    cells = column.seconds()
    assert (column.kind, cells.values.tolist(), cells.missing.tolist()) == ("time", [-86400, 0, 1_709_209_800], [1])
    assert ArrayColumn(np.array([5, -5]), ("",)).seconds().values.tolist() == [5, -5]
    texts = ArrayColumn(np.array(["1970-01-02", "NA", "x"]), ("", "NA")).seconds()
    assert (texts.values.tolist(), texts.missing.tolist(), texts.bad.tolist()) == ([86400, 0, 0], [1], [2])
    assert ArrayColumn(np.zeros((2, 2), "M8[s]"), ("",)).kind == "other"


def test_arrays_of_texts_are_no_tensors():
    column = ArrayColumn(np.array([["a", "b"], ["c", "d"]]), ("",))
    assert column.kind == "other"
    assert column.array() is None


def test_an_empty_mapping():
    with pytest.raises(DataError, match="no columns"):
        ArrayTable("", {}, ("",))
