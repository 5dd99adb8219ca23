from __future__ import annotations

import pytest

from mlpspec.language.reader import read
from mlpspec.language.tree import copy, measure


def test_a_part_is_a_tree_with_its_places() -> None:
    tree = read("model:\n  - dense: {units: 64}\n", "spec.yaml")
    part = tree.at(("model", 0, "dense"))
    assert part.data == {"units": 64}
    assert part.positions.value(("units",)) == tree.positions.value(("model", 0, "dense", "units"))
    assert part.source is tree.source
    with pytest.raises(KeyError):
        tree.at(("model", 1))


def test_a_graft_replaces_or_appends_and_leaves_the_tree_alone() -> None:
    tree = read("a: {b: [1, 2], c: {d: 3}}", "spec.yaml")
    other = read("new", "other.yaml")
    assert tree.graft(("a", "b", 1), other).data == {"a": {"b": [1, "new"], "c": {"d": 3}}}
    assert tree.graft(("a", "b", 2), other).data == {"a": {"b": [1, 2, "new"], "c": {"d": 3}}}
    assert tree.graft((), other).data == "new"
    grafted = tree.graft(("a", "e"), other)
    assert grafted.data["a"]["e"] == "new"
    assert grafted.data["a"]["c"] is tree.data["a"]["c"]
    assert grafted.positions.value(("a", "e")).source.name == "other.yaml"
    assert tree.data == {"a": {"b": [1, 2], "c": {"d": 3}}}


def test_a_copy_shares_no_mapping_and_no_list() -> None:
    data = {"a": [{"b": 1}, "x"]}
    twin = copy(data)
    assert twin == data
    twin["a"][0]["b"] = 2
    twin["a"].append(3)
    assert data == {"a": [{"b": 1}, "x"]}


@pytest.mark.parametrize(
    ("data", "size"),
    [(1, (1, 0)), ("text", (1, 0)), ([], (1, 1)), ({}, (1, 1)), ([[], [[1]]], (5, 3)), ({"a": None}, (2, 1))],
)
def test_measure_counts_values_and_levels(data: object, size: tuple[int, int]) -> None:
    assert measure(data) == size
