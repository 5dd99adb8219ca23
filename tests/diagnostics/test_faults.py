from __future__ import annotations

import numpy as np
import pytest

from mlpspec.diagnostics import DataError, Severity
from mlpspec.diagnostics import faults as module
from mlpspec.diagnostics.faults import Faults, RowFault, quoted


def test_same_faults_become_one_with_the_first_place_and_the_count():
    faults = Faults()
    assert not faults
    faults.raise_if_any()
    cells = ["x", "yy", "z"]
    show = cells.__getitem__
    kind = "which is no number"
    faults.add_rows(RowFault("bad-cell", kind, np.array([1, 2]), lambda row: f"f.csv:{row + 2}", column="age", show=show, help="mend it"))
    faults.add_rows(RowFault("bad-cell", kind, np.array([0]), lambda row: f"f.csv:{row + 99}", column="age", show=show))
    faults.add_rows(RowFault("bad-cell", kind, np.array([], int), str, column="size", show=show))
    faults.add("missing-value", "has no value", column="age", place="f.csv:7")
    assert faults
    with pytest.raises(DataError) as caught:
        faults.raise_if_any()
    first, second = caught.value.diagnostics
    assert first.message == "`age` has 'yy', which is no number (the first of 3 such cells)"
    assert (first.code, first.place, first.help) == ("bad-cell", "f.csv:3", "mend it")
    assert second.message == "`age` has no value"
    assert faults.reasons() == {"is no number": 3, "has no value": 1}
    assert {diagnostic.severity for diagnostic in faults.diagnostics(Severity.WARNING)} == {Severity.WARNING}


def test_rows_without_a_cell_to_show():
    faults = Faults()
    faults.add_rows(RowFault("missing-value", "has no value", np.array([4]), "row {}".format, column="age"))
    faults.add_rows(RowFault("ragged-row", "has too few cells", np.array([7, 9]), "row {}".format, fact="line 9 has 1 cell", unit="rows"))
    assert [(d.message, d.place) for d in faults.diagnostics()] == [
        ("`age` has no value", "row 4"),
        ("line 9 has 1 cell (the first of 2 such rows)", "row 7"),
    ]
    assert faults.reasons() == {"has no value": 1, "has too few cells": 2}


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
