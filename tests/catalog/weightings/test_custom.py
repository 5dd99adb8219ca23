from __future__ import annotations

from mlpspec.catalog.weightings import ClassWeighting, Custom
from mlpspec.language.build import build_entry


def test_classes_that_are_not_named_weigh_one():
    weights = Custom(weights={"b": 2.5, "7": 0.5})
    assert weights.of_classes({"a": 1, "b": 1, 7: 1}) == [1.0, 2.5, 0.5]
    assert weights.of_labels({"b": 3, "a": 1}, 10) == [2.5, 1.0]
    assert weights.named() == ("b", "7")


def test_as_a_spec_writes_it():
    assert build_entry(ClassWeighting, {"custom": {"spam": 5}}) == Custom(weights={"spam": 5.0})
    assert build_entry(ClassWeighting, {"custom": {"weights": {"weights": 5}}}) == Custom(weights={"weights": 5.0})
