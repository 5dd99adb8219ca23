"""How inputs and targets say what they read."""

from __future__ import annotations

import pytest

from mlpspec.catalog.encoders import Hashing
from mlpspec.catalog.inputs import Category, Datetime, Numeric, Tensor
from mlpspec.catalog.reading import Reading
from mlpspec.catalog.targets import Binary, CategoryTarget, Multilabel, NumericTarget


@pytest.mark.parametrize(
    ("entry", "reading"),
    [
        (Numeric(), Reading(("name",), "numbers")),
        (Numeric(columns=("a_*", "b")), Reading(("a_*", "b"), "numbers")),
        (Category(), Reading(("name",), "values")),
        (Category(categories=("a", "b")), Reading(("name",), "other")),
        (Category(encode=Hashing()), Reading(("name",), "other")),
        (Datetime(), Reading(("name",), "times")),
        (Tensor(array="images"), Reading(("images",), "array")),
        (NumericTarget(columns=("price",)), Reading(("price",), "numbers")),
        (CategoryTarget(column="species"), Reading(("species",), "values")),
        (Binary(), Reading(("name",), "values")),
        (Multilabel(columns=("a", "b")), Reading(("a", "b"), "numbers")),
        (Multilabel(separator="|"), Reading(("name",), "values", "|")),
    ],
)
def test_readings(entry, reading):
    assert entry.reading("name") == reading
