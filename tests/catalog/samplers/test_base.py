"""Which class a row has, and that orders depend on their arguments alone."""

from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.samplers import SAMPLERS, Balanced
from mlpspec.catalog.targets import Binary, CategoryTarget, NumericTarget
from mlpspec.catalog.targets.multilabel import Multilabel
from mlpspec.diagnostics import DataError

CLASSES = np.array([0, 1, 2, 1, 1, 1, 0, 1, 1, 1, 1, 1])
BY = {"balanced": CLASSES, "stratified": CLASSES, "weighted": np.linspace(0, 1, 12)}


def made(kind):
    return SAMPLERS[kind](**({"column": "w"} if kind == "weighted" else {}))


@pytest.mark.parametrize("kind", SAMPLERS.names())
def test_an_order_is_a_function_of_seed_and_epoch(kind, orders):
    sampler, by = made(kind), BY.get(kind)
    np.random.seed(1)
    first = orders(sampler, 12, by, epochs=4)
    np.random.seed(2)
    second = orders(sampler, 12, by, epochs=4)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == np.int64
        assert len(one) == sampler.rows(12, by)
        assert ((one >= 0) & (one < 12)).all()
    if kind != "sequential":
        assert not np.array_equal(first[0], first[1])
        assert not np.array_equal(first[0], orders(sampler, 12, by, epochs=1, seed=6)[0])


@pytest.mark.parametrize(
    ("by", "targets", "column"),
    [
        (None, {"kind": CategoryTarget(column="species")}, "species"),
        (None, {"sold": Binary(), "price": NumericTarget()}, "sold"),
        ("sold", {"sold": Binary(column="was_sold"), "kind": CategoryTarget()}, "was_sold"),
        ("region", {"sold": Binary()}, "region"),
    ],
)
def test_the_column_of_classes(by, targets, column):
    assert Balanced(by=by).class_column(targets) == column


@pytest.mark.parametrize(
    ("by", "targets", "said"),
    [
        (None, {"price": NumericTarget()}, "no targets of classes"),
        (None, {"a": Binary(), "b": Binary()}, "2 targets of classes"),
        ("price", {"price": NumericTarget()}, "numeric target `price` has no single class"),
        ("topics", {"topics": Multilabel()}, "multilabel target `topics` has no single class"),
    ],
)
def test_targets_without_a_class_a_row(by, targets, said):
    with pytest.raises(ValueError, match=said):
        Balanced(by=by).class_column(targets)


def test_rows_of_one_class_have_one_number(reader):
    by = Balanced(by="town").fit(reader(town=["Ulm", "Bonn", "Ulm", "Kiel"]), {})
    assert by[0] == by[2]
    assert sorted(by.tolist()) == [0, 1, 2, 2]
    assert Balanced(by="n").fit(reader(rows=[0, 2], n=[7, 8, 9]), {}).tolist() == [0, 1]


@pytest.mark.parametrize(("columns", "said"), [({"x": ["a"]}, "no column `town`"), ({"town": ["a", ""]}, "1 missing value")])
def test_a_column_of_classes_that_cannot_be_read(columns, said, reader):
    with pytest.raises(DataError, match=said):
        Balanced(by="town").fit(reader(**columns), {})
