from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.data.sources.frame import open_frame
from mlpspec.data.split import allot, split_rows
from mlpspec.diagnostics import DataError
from mlpspec.language.sections.data import Split


def table(rows, **columns):
    return open_frame({"x": np.arange(rows), **columns})


def refused(*arguments, **options):
    with pytest.raises(DataError) as error:
        split_rows(*arguments, **options)
    [found] = error.value.diagnostics
    assert found.code == "bad-split"
    return found


def test_every_row_in_one_part():
    parts = split_rows(table(1000), Split(), seed=3)
    assert {name: len(rows) for name, rows in parts.items()} == {"train": 700, "validation": 150, "test": 150}
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(1000))
    assert all((np.diff(rows) > 0).all() for rows in parts.values())


def test_the_rows_are_those_of_a_seeded_permutation():
    """NumPy's PCG64: the first 7 of the shuffled rows are for training."""
    order = np.random.Generator(np.random.PCG64(42)).permutation(10)
    parts = split_rows(table(10), Split(train=0.7, validation=0.2, test=0.1), seed=42)
    assert parts["train"].tolist() == sorted(order[:7])
    assert parts["validation"].tolist() == sorted(order[7:9])
    assert parts["test"].tolist() == sorted(order[9:])


def test_seeds():
    def train(split, seed):
        return split_rows(table(100), split, seed=seed)["train"].tolist()

    assert train(Split(), 1) == train(Split(), 1) != train(Split(), 2)
    assert train(Split(seed=1), 2) == train(Split(), 1)


def test_shares_below_one_leave_rows_out():
    parts = split_rows(table(100), Split(train=0.1, validation=0.0, test=0.1), seed=0)
    assert {name: len(rows) for name, rows in parts.items()} == {"train": 10, "test": 10}


@pytest.mark.parametrize(("rows", "sizes"), [(10, [7, 2, 1]), (20, [14, 3, 3]), (7, [5, 1, 1]), (13, [9, 2, 2])])
def test_largest_remainder(rows, sizes):
    assert allot([rows], [Fraction(7, 10), Fraction(3, 20), Fraction(3, 20)]) == [sizes]


@given(st.lists(st.integers(2, 60), min_size=1, max_size=12), st.integers(1, 18), st.integers(0, 19))
def test_classes_keep_their_shares(sizes, train, validation):
    """Every class and all rows together are divided to within one row of their shares, training gets a row of each class."""
    validation = min(validation, 20 - train)
    shares = [Fraction(train, 20), Fraction(validation, 20), Fraction(20 - train - validation, 20)]
    counts = allot(sizes, shares)
    for size, got in zip(sizes, counts, strict=True):
        assert sum(got) == size
        assert got[0] >= 1
        assert all(abs(count - share * size) < 1 for count, share in zip(got, shares, strict=True))
    if train >= 10:  # no class's first training row pushes in front of other parts
        for part, share in enumerate(shares):
            assert abs(sum(got[part] for got in counts) - share * sum(sizes)) <= 1


def test_stratified():
    labels = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    parts = split_rows(table(100, y=labels), Split(train=0.6, validation=0.2, test=0.2, stratify="y"), seed=5)
    assert {name: Counter(labels[rows].tolist()) for name, rows in parts.items()} == {
        "train": {"a": 36, "b": 18, "c": 6},
        "validation": {"a": 12, "b": 6, "c": 2},
        "test": {"a": 12, "b": 6, "c": 2},
    }


def test_small_classes_do_not_all_go_to_the_same_part():
    labels = np.repeat(np.arange(50), 2)
    parts = split_rows(table(100, y=labels), Split(train=0.5, validation=0.25, test=0.25, stratify="y"), seed=0)
    assert {name: len(rows) for name, rows in parts.items()} == {"train": 50, "validation": 25, "test": 25}
    assert len(set(labels[parts["train"]].tolist())) == 50


def test_a_class_with_a_single_row():
    found = refused(table(5, y=["a", "a", "a", "a", "b"]), Split(stratify="y"), seed=0)
    assert found.message == "`stratify: y` cannot divide classes with a single row: `b`"


def test_stratify_needs_classes():
    with pytest.raises(DataError, match="cannot be read as categories"):
        split_rows(table(4, y=[1.5, 2.5, 1.5, 2.5]), Split(stratify="y"), seed=0)
    with pytest.raises(DataError, match="no column `z`"):
        split_rows(table(4), Split(stratify="z"), seed=0)


def test_empty_parts():
    assert refused(table(3), Split(), seed=0).message == "the test part is empty: 0.15 of 3 rows"
    assert refused(table(1), Split(train=0.2, validation=0.0, test=0.8), seed=0).message == "the test part is empty: 0.8 of 1 row"
    assert refused(table(9), Split(train=0.0, validation=1.0, test=0.0), seed=0).message == "no rows are left to train on"


def test_more_than_all_rows():
    assert "sum to 1.1" in refused(table(9), Split(train=0.8), seed=0).message


def test_by_column():
    parts = split_rows(table(4, part=["test", "train", "train", "validation"]), Split(column="part"), seed=0)
    assert {name: rows.tolist() for name, rows in parts.items()} == {"train": [1, 2], "validation": [3], "test": [0]}
    assert "test" not in split_rows(table(2, part=["train", "validation"]), Split(column="part"), seed=0)


def test_by_a_column_with_other_words():
    found = refused(table(2, part=["train", "valid"]), Split(column="part"), seed=0)
    assert found.message == "column `part` says `valid` where `train`, `validation` or `test` is meant"
    assert found.help == "did you mean `validation`?"
    assert found.place == "row 2"
    assert "says nothing" in refused(table(2, part=["train", None]), Split(column="part"), seed=0).message
    assert "no rows are left" in refused(table(2, part=["test", "test"]), Split(column="part"), seed=0).message
