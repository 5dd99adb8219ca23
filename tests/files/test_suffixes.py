from __future__ import annotations

import pytest

from mlpspec.data.opening import open_table
from mlpspec.diagnostics import DataError
from mlpspec.files.suffixes import SUFFIXES, usual_separator


def test_only_tsv_has_tabs():
    assert {suffix for suffix in SUFFIXES if usual_separator(suffix) != ","} == {".tsv"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_has_a_reader(suffix, tmp_path):
    (tmp_path / f"x{suffix}").write_bytes(b"\0")
    with pytest.raises(DataError):
        open_table(tmp_path / f"x{suffix}")
