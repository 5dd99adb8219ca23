from __future__ import annotations

import numpy as np
import pytest

from mlpspec.diagnostics import DataError
from mlpspec.runtime import faults as module
from mlpspec.runtime.faults import Faults, quoted


def test_same_faults_become_one_with_the_first_place_and_the_count():
    faults = Faults()
    assert not faults
    faults.raise_if_any()
    cells = ["x", "yy", "z"]
    faults.add_cells(
        "bad-cell", "which is no number", "age", np.array([1, 2]), cells.__getitem__, lambda row: f"f.csv:{row + 2}", help="mend it"
    )
    faults.add_cells("bad-cell", "which is no number", "age", np.array([0]), cells.__getitem__, lambda row: f"f.csv:{row + 99}")
    faults.add_cells("bad-cell", "which is no number", "size", np.array([], int), cells.__getitem__, str)
    faults.add("missing-value", "has no value", column="age", place="f.csv:7")
    assert faults
    with pytest.raises(DataError) as caught:
        faults.raise_if_any()
    first, second = caught.value.diagnostics
    assert first.message == "`age` has 'yy', which is no number (the first of 3 such cells)"
    assert (first.code, first.place, first.help) == ("bad-cell", "f.csv:3", "mend it")
    assert second.message == "`age` has no value"


def test_very_many_faults_are_counted_not_listed(monkeypatch):
    monkeypatch.setattr(module, "MAX_SHOWN", 2)
    faults = Faults()
    for number in range(5):
        faults.add("missing-column", f"no column {number}")
    messages = [diagnostic.message for diagnostic in faults.diagnostics()]
    assert messages == ["no column 0", "no column 1", "3 more faults are not listed"]


def test_long_cells_are_cut():
    assert len(quoted("x" * 1000)) < 70
    assert quoted("a\nb") == "'a\\nb'"
