from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.vocabulary import as_raw, count, in_order


def test_counting():
    assert list(count(np.array(["b", "a", "b"], object)).items()) == [("a", 1), ("b", 2)]
    assert list(count(np.array([10, 9, 10])).items()) == [(9, 1), (10, 2)]


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        (["10", "9", "1"], ["1", "9", "10"]),
        (["-2", "0", "-10"], ["-10", "-2", "0"]),
        (["010", "9", "10"], ["010", "10", "9"]),
        (["10", "9", "x"], ["10", "9", "x"]),
        (["ä", "z", "Z", ""], ["", "Z", "z", "ä"]),
        (["10", "", "9"], ["", "9", "10"]),
        (["²", "1"], ["1", "²"]),
        (["1" * 25, "2"], ["1" * 25, "2"]),
    ],
)
def test_order(values, ordered):
    assert in_order(values) == ordered


def test_as_the_column_holds_it():
    assert [as_raw(value, "string") for value in ("a", 1, True, False, 1.5)] == ["a", "1", "true", "false", "1.5"]
    assert [as_raw(value, "int64") for value in (1, "-3")] == [1, -3]
    for value in ("a", 1.5, True, "007"):
        with pytest.raises(ValueError, match="is not a whole number"):
            as_raw(value, "int64")
