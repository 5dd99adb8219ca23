from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from mlpspec.data.division import ByClass, ByGroup, ByTime, allot, allot_groups

SEEDED = np.random.Generator(np.random.PCG64(4))


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


def held_out(division, folds):
    return [out for _, out in division.folds(folds)]


def classes_of(labels):
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(labels))
    return ByClass([order[labels[order] == label] for label in np.unique(labels)])


def groups_of(groups, labels):
    names = np.unique(groups)
    sizes = [[int(((groups == name) & (labels == label)).sum()) for label in np.unique(labels)] for name in names]
    return ByGroup([np.flatnonzero(groups == name) for name in names], np.array(sizes))


@given(st.integers(2, 200), st.integers(2, 12))
def test_folds_of_rows(rows, folds):
    """scikit-learn's KFold: the same sizes, every row held out once."""
    folds = min(rows, folds)
    order = np.random.Generator(np.random.PCG64(1)).permutation(rows)
    found = held_out(ByClass([order]), folds)
    assert [len(out) for out in found] == [len(out) for _, out in KFold(folds).split(order)]
    assert sorted(np.concatenate(found).tolist()) == list(range(rows))


@given(st.lists(st.integers(5, 40), min_size=2, max_size=5), st.integers(2, 5))
def test_folds_of_classes(sizes, folds):
    """scikit-learn's StratifiedKFold: as many rows of each class in each fold, in some order of the folds."""
    labels = np.repeat(np.arange(len(sizes)), sizes)

    def counts(found):
        return [np.bincount(labels[out], minlength=len(sizes)).tolist() for out in found]

    found = counts(held_out(classes_of(labels), folds))
    assert found == counts(out for _, out in StratifiedKFold(folds).split(labels, labels))


def test_what_is_not_held_out_is_learnt_from():
    labels = np.repeat([0, 1, 2], [20, 12, 8])
    for rest, out in [*classes_of(labels).folds(4), *groups_of(np.arange(40) // 3, labels).folds(4)]:
        [rows] = rest.parts([Fraction(1)])
        assert sorted([*rows.tolist(), *out.tolist()]) == list(range(40))


@given(st.lists(st.integers(1, 9), min_size=4, max_size=20), st.integers(2, 4))
def test_folds_of_groups(sizes, folds):
    """scikit-learn's GroupKFold: folds of the same sizes; no group is in two."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    found = held_out(groups_of(groups, np.zeros(len(groups), int)), folds)
    expected = [len(out) for _, out in GroupKFold(folds).split(groups, groups=groups)]
    assert sorted(map(len, found)) == sorted(expected)
    assert sum(len(set(groups[out].tolist())) for out in found) == len(sizes)


def test_folds_of_groups_and_classes():
    """As near to the shares of the classes as scikit-learn's StratifiedGroupKFold, which takes the groups in another order."""
    groups = SEEDED.integers(0, 40, 400)
    labels = (SEEDED.random(400) < 0.2 + 0.01 * (groups % 7)).astype(int)

    def spread(found):
        return np.std([labels[out].mean() for out in found])

    found = held_out(groups_of(groups, labels), 5)
    assert spread(found) <= 1.5 * spread(out for _, out in StratifiedGroupKFold(5).split(groups, labels, groups))
    assert max(map(len, found)) - min(map(len, found)) <= 2 * np.bincount(groups).max()


@pytest.mark.parametrize(("rows", "folds"), [(6, 5), (20, 4), (103, 7)])
def test_folds_of_time(rows, folds):
    """scikit-learn's TimeSeriesSplit, to the row."""
    order = SEEDED.permutation(rows)
    found = [(rest.order.tolist(), out.tolist()) for rest, out in ByTime(order).folds(folds)]
    expected = [(order[rest].tolist(), order[out].tolist()) for rest, out in TimeSeriesSplit(folds).split(order)]
    assert found == expected


def test_groups_by_share():
    places = allot_groups(np.full((20, 1), 3), [0.7, 0.15, 0.15, 0.0])
    assert np.bincount(places, minlength=4).tolist() == [14, 3, 3, 0]


def test_a_fold_is_never_empty():
    """With as many groups as folds each gets one, whatever its classes."""
    for seed in range(20):
        sizes = np.random.Generator(np.random.PCG64(seed)).integers(0, 4, (5, 3)) + np.array([1, 0, 0])
        assert sorted(allot_groups(sizes, [0.2] * 5).tolist()) == [0, 1, 2, 3, 4]
