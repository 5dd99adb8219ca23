from __future__ import annotations

import pytest

from mlpspec.diagnostics import UsageError
from mlpspec.runtime.choose import choose

NAMES = ["flipper_left", "id", "flipper_right", "x*"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["id"], ("id",)),
        (["flipper_*"], ("flipper_left", "flipper_right")),
        (["flipper_r*", "flipper_*"], ("flipper_right", "flipper_left")),
        (["?d"], ("id",)),
        (["x*"], ("x*",)),
        (["both", "id", "id"], ("flipper_left", "flipper_right", "id")),
        ([], ()),
    ],
)
def test_names_patterns_and_groups(wanted, found):
    assert choose(wanted, NAMES, "no", {"both": ["flipper_left", "flipper_right"]}) == found


def test_all_that_is_not_there_is_said():
    with pytest.raises(UsageError) as caught:
        choose(["ID", "wing_*", "id"], NAMES, "the data has no column", {"both": []})
    assert [d.message for d in caught.value.diagnostics] == ["the data has no column `ID`", "the data has no column `wing_*`"]
    assert "`id`" in caught.value.diagnostics[0].help
    assert "known: both, " in caught.value.diagnostics[1].help
