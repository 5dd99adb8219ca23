from __future__ import annotations

import pytest

from mlpspec.data.hashes import refuse_changed_files
from mlpspec.diagnostics import DataError

BEFORE = {f"part-{number}.csv": str(number) for number in range(4)}


def refuse(now):
    refuse_changed_files(BEFORE, now, "the run began", "train anew")


def test_files_as_they_were():
    refuse(dict(reversed(BEFORE.items())))
    refuse_changed_files(None, {}, "the run began", "train anew")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({**BEFORE, "part-1.csv": "x"}, "`part-1.csv` is another"),
        ({**BEFORE, "new.csv": "x"}, "`new.csv` is new"),
        ({name: known for name, known in BEFORE.items() if name > "part-1.csv"}, "`part-0.csv` is gone, `part-1.csv` is gone"),
        ({}, "`part-0.csv` is gone, `part-1.csv` is gone, `part-2.csv` is gone, and 1 more"),
    ],
)
def test_what_changed_is_named(now, told):
    with pytest.raises(DataError) as error:
        refuse(now)
    [diagnostic] = error.value.diagnostics
    assert diagnostic.message == f"the data has changed since the run began: {told}"
    assert diagnostic.help == "train anew"
