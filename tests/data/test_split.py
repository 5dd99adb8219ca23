from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mlpspec.data.sources.frame import open_frame
from mlpspec.data.split import PARTS, split_rows
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


def folds(rows_table, split, **options):
    """The parts of each fold."""
    from dataclasses import replace

    return [split_rows(rows_table, replace(split, fold=fold), **options) for fold in range(1, split.folds + 1)]


def test_folds_hold_out_every_row_once():
    parts = folds(table(103), Split(folds=5), seed=3)
    assert sorted(np.concatenate([part["test"] for part in parts]).tolist()) == list(range(103))
    for part in parts:
        assert sorted(np.concatenate(list(part.values())).tolist()) == list(range(103))
        assert len(part["validation"]) == round(0.15 / 0.85 * (103 - len(part["test"])))
        assert all((np.diff(rows) > 0).all() for rows in part.values())


def test_the_first_fold_stands_for_all_where_only_the_form_matters():
    assert split_rows(table(20), Split(folds=4), seed=0)["test"].tolist() == folds(table(20), Split(folds=4), seed=0)[0]["test"].tolist()


def test_shares_are_a_proportion_of_what_a_fold_learns_from():
    [part, _] = folds(table(100), Split(folds=2, train=0.8, validation=0.2), seed=0)
    assert {name: len(rows) for name, rows in part.items()} == {"train": 40, "validation": 10, "test": 50}


def test_folds_without_validation_rows():
    assert [sorted(part) for part in folds(table(10), Split(folds=2, validation=0.0), seed=0)] == [["test", "train"]] * 2


def test_stratified_folds():
    labels = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    for part in folds(table(100, y=labels), Split(folds=5, train=0.75, validation=0.25, stratify="y"), seed=5):
        assert {name: Counter(labels[rows].tolist()) for name, rows in part.items()} == {
            "train": {"a": 36, "b": 18, "c": 6},
            "validation": {"a": 12, "b": 6, "c": 2},
            "test": {"a": 12, "b": 6, "c": 2},
        }


def test_groups_stay_together():
    patients = np.repeat([f"p{n}" for n in range(30)], 7)
    sets = table(210, patient=patients)
    for parts in [split_rows(sets, Split(group="patient"), seed=1), *folds(sets, Split(group="patient", folds=5), seed=1)]:
        assert sorted(parts) == ["test", "train", "validation"]
        names = [set(patients[rows].tolist()) for rows in parts.values()]
        assert sum(map(len, names)) == len(set.union(*names)) == 30


def test_groups_of_one_size_are_shuffled():
    sets = table(40, g=np.repeat(np.arange(20), 2))
    assert split_rows(sets, Split(group="g"), seed=1)["test"].tolist() != split_rows(sets, Split(group="g"), seed=2)["test"].tolist()


def test_groups_with_classes():
    """Each fold has about its share of a rare class, whose rows stand in a few groups only."""
    groups = np.repeat(np.arange(40), 5)
    rare = np.isin(groups, [1, 5, 9, 33])
    sets = table(200, g=groups, y=np.where(rare, "rare", "usual"))
    counts = [int(rare[part["test"]].sum()) for part in folds(sets, Split(folds=4, group="g", stratify="y"), seed=0)]
    assert counts == [5, 5, 5, 5]


def test_too_few_groups():
    sets = table(6, g=["a", "a", "b", "b", "c", "c"])
    assert refused(sets, Split(folds=4, group="g"), seed=0).message == "4 folds need at least 4 groups, `g` has 3"
    assert {name: len(rows) for name, rows in split_rows(sets, Split(group="g"), seed=0).items()} == dict.fromkeys(PARTS, 2)
    assert refused(table(4, g=["a", "a", "b", "b"]), Split(group="g"), seed=0).message == "the test part is empty: 0.15 of 2 groups"
    assert refused(table(3), Split(folds=4), seed=0).message == "4 folds need at least 4 rows, the data has 3"


def test_a_row_without_a_group():
    found = refused(table(3, g=["a", "", "b"]), Split(group="g"), seed=0)
    assert (found.message, found.place) == ("column `g` is empty in 1 row: of which group?", "row 2")


TIMES = {
    "numbers": [2003, 2001.5, 2002, 2000, 2004, 2005],
    "text of numbers": ["2003", "20", "1e2", "-4", "3e3", "1e5"],
    "dates": ["2003-01-01", "2001-05-01", "2001-05-01T10:00", "2000-12-31", "2004-01-01", "2005-01-01"],
    "times": np.array(["2003-01-01", "2001-05-01", "2001-05-02", "2000-12-31", "2004-01-01", "2005-01-01"], "M8[s]"),
}


@pytest.mark.parametrize("kind", TIMES)
def test_parts_follow_each_other_in_time(kind):
    parts = split_rows(table(6, at=TIMES[kind]), Split(train=0.5, validation=0.34, test=0.16, time="at"), seed=0)
    assert {name: rows.tolist() for name, rows in parts.items()} == {"train": [1, 2, 3], "validation": [0, 4], "test": [5]}


def test_folds_in_time():
    """What is held out comes after all that is learnt from, and validation rows in between."""
    at = np.random.Generator(np.random.PCG64(0)).permutation(30)
    for part in folds(table(30, at=at), Split(time="at", folds=4), seed=0):
        assert at[part["train"]].max() < at[part["validation"]].min()
        assert at[part["validation"]].max() < at[part["test"]].min()


def test_rows_without_a_time_and_columns_of_none():
    assert refused(table(3, at=[1.0, np.nan, 3.0]), Split(time="at"), seed=0).message == "column `at` is empty in 1 row: at which time?"
    assert (
        refused(table(3, at=["2001-01-01", "", ""]), Split(time="at"), seed=0).message == "column `at` is empty in 2 rows: at which time?"
    )
    with pytest.raises(DataError, match="soon"):
        split_rows(table(3, at=["2001-01-01", "soon", "2001-01-02"]), Split(time="at"), seed=0)
    with pytest.raises(DataError, match="no column `when`"):
        split_rows(table(3), Split(time="when"), seed=0)
