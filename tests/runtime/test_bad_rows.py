from __future__ import annotations

import csv
import io

import numpy as np

from mlpspec.diagnostics.faults import Faults, RowFault
from mlpspec.runtime.bad_rows import BadRows, BadRowsFile


def rows(*numbers):
    return np.array(numbers, np.int64)


def some():
    """Rows 1 and 4 malformed; cells of column a bad in 2 and 4, of b in 2."""
    whole, noted = Faults(), Faults()
    bad = BadRows(whole, noted, rows(1, 4))
    assert not bad.any
    bad.add_rows(
        RowFault("ragged-row", "has too few cells", rows(1, 4), str, show="row {}".format, fact="line 3 has 1", reason="has 1 cell")
    )
    bad.add_rows(RowFault("bad-cell", "which is no number", rows(2, 4), str, column="a", show="cell {}".format))
    bad.add_rows(RowFault("missing-value", "has no value", rows(2), str, column="b"))
    bad.add_rows(RowFault("missing-value", "has no value", rows(1), str, column="b"))
    return whole, noted, bad


def test_cells_of_malformed_rows_do_not_count():
    whole, noted, bad = some()
    assert bad.any
    assert not whole
    assert noted.reasons() == {"has too few cells": 2, "is no number": 1, "has no value": 1}
    assert bad.within(0, 6).tolist() == [False, True, True, False, True, False]
    assert bad.within(2, 4).tolist() == [True, False]


def test_lines_are_in_the_order_of_rows():
    _, _, bad = some()
    expected = [
        (1, "", "row 1", "ragged-row", "has 1 cell"),
        (2, "a", "cell 2", "bad-cell", "is no number"),
        (2, "b", "", "missing-value", "has no value"),
        (4, "", "row 4", "ragged-row", "has 1 cell"),
    ]
    assert list(bad.lines(0, 10)) == expected
    assert list(bad.lines(2, 4)) == expected[1:3]
    assert list(BadRows(Faults(), Faults()).lines(0, 10)) == []


def test_faults_of_the_whole_are_not_of_rows():
    whole, _, bad = some()
    bad.add("bad-cell", "is of another type", column="a", count=7)
    assert [d.message for d in whole.diagnostics()] == ["`a` is of another type (the first of 7 such cells)"]


def test_the_file():
    _, _, bad = some()
    file = io.BytesIO()
    listing = BadRowsFile(file, "line")
    listing.add(bad, 0, 2, lambda found: found + 10)
    listing.add(bad, 2, 10, lambda found: found + 20)
    found = list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))
    assert found[0] == ["line", "column", "cell", "code", "reason"]
    assert [line[0] for line in found[1:]] == ["11", "22", "22", "24"]


def test_long_and_strange_cells():
    bad = BadRows(Faults(), Faults())
    cells = ["x" * 20_000, 'a"b\n,ä', "\ud800"]
    bad.add_rows(RowFault("bad-cell", "which is no number", rows(0, 1, 2), str, column="a", show=cells.__getitem__))
    file = io.BytesIO()
    BadRowsFile(file, "row").add(bad, 0, 3, lambda found: found + 1)
    found = list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))
    assert len(found[1][2]) == 10_001
    assert found[2][2] == 'a"b\n,ä'
    assert found[3][2] == "\\ud800"
