from __future__ import annotations

from mlpspec.catalog.batch_sizes import Fixed
from mlpspec.catalog.option import options_of
from mlpspec.language.build import build_entry
from mlpspec.language.writer import plain


def test_one_stage():
    assert Fixed(rows=48).stages() == ((0, 48, 1.0),)


def test_a_number_alone_is_written_and_read():
    for written in (48, {"fixed": 48}, {"fixed": {"rows": 48}}):
        assert build_entry(Fixed.__base__, written) == Fixed(rows=48)
    assert plain(Fixed(rows=48)) == plain(Fixed(rows=48), complete=True) == 48


def test_bounds():
    [rows] = options_of(Fixed)
    assert (rows.required, rows.minimum) == (True, 1)
