from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlpspec.catalog.encoders import Embedding
from mlpspec.catalog.inputs import Category
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape

FRAME = pl.DataFrame(
    {"t": ["b", "a", "b", " b"], "gap": ["b", None, "b", "a"], "i": [10, 9, 10, 2], "f": [1.0, 2.0, 1.0, 2.0], "o": [True] * 3 + [False]}
)


def fitted(category, name="t", frame=FRAME):
    return category.fit(name, ColumnReader(open_frame(frame)))


def lookup(item, column=0):
    step = next(s for s in item.program.steps if s.op == "lookup" and s.constants["column"] == column)
    return dict(zip(step.constants["keys"], step.constants["values"], strict=True))


def one_hot(item, *values):
    raw = np.array([[value] for value in values], np.int64 if item.type == "int64" else object)
    return run_program(item.program, {item.name: raw})[item.program.outputs[0]].tolist()


def test_categories_are_sorted_and_exactly_as_written():
    item = fitted(Category())
    assert lookup(item) == {" b": 1, "a": 2, "b": 3}
    assert one_hot(item, "b", "B", "") == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert (item.type, item.missing, item.unseen) == ("string", "error", "unknown")


def test_whole_numbers():
    item = fitted(Category(), "i")
    assert item.type == "int64"
    assert lookup(item) == {2: 1, 9: 2, 10: 3}
    assert one_hot(item, 10, 3) == [[0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize("missing", ["own", "unknown", "most_frequent"])
def test_whole_numbers_that_may_be_missing_are_texts(missing):
    item = fitted(Category(missing=missing), "i")
    assert item.type == "string"
    assert [key for key in lookup(item) if key] == ["2", "9", "10"]


def test_truth_values_are_texts():
    assert lookup(fitted(Category(), "o")) == {"false": 1, "true": 2}


def test_fractions_are_refused():
    with pytest.raises(DataError, match="numbers with fractions"):
        fitted(Category(), "f")


def test_missing_values():
    with pytest.raises(DataError, match="column `gap` has 1 missing value"):
        fitted(Category(), "gap")
    assert lookup(fitted(Category(missing="own"), "gap")) == {"": 1, "a": 2, "b": 3}
    assert lookup(fitted(Category(missing="own"), "t")) == {"": 1, " b": 2, "a": 3, "b": 4}
    assert lookup(fitted(Category(missing="unknown"), "gap")) == {"a": 1, "b": 2}
    item = fitted(Category(missing="most_frequent"), "gap")
    assert lookup(item) == {"a": 1, "b": 2, "": 2}
    assert item.facts == InputFacts(1, 2, 2)
    assert one_hot(item, "") == [[0, 1]]


def test_the_most_frequent_of_equals_is_the_first():
    assert lookup(fitted(Category(missing="most_frequent"), "a", {"a": ["y", "x"]})) == {"x": 1, "y": 2, "": 1}


def test_declared_categories():
    item = fitted(Category(categories=("b", "a", "never")))
    assert lookup(item) == {"b": 1, "a": 2, "never": 3}
    assert lookup(fitted(Category(categories=(9, "10")), "i")) == {9: 1, 10: 2}
    assert lookup(fitted(Category(categories=(9, 10), missing="own"), "i")) == {"": 1, "9": 2, "10": 3}
    assert lookup(fitted(Category(categories=(True, False)), "o")) == {"true": 1, "false": 2}
    with pytest.raises(DataError, match="`categories`: `x` is not a whole number"):
        fitted(Category(categories=("x",)), "i")
    assert "twice" in Category(categories=("a", "a")).problem()
    assert Category(categories=("a", "b")).problem() is None


def test_several_columns_have_their_own_categories():
    item = fitted(Category(columns=("t", "i")))
    assert item.type == "string"
    assert lookup(item, 0) == {" b": 1, "a": 2, "b": 3}
    assert lookup(item, 1) == {"2": 1, "9": 2, "10": 3}
    assert item.facts == InputFacts(2, 6, 6)
    item = fitted(Category(columns=("t", "i"), encode=Embedding()))
    assert lookup(item, 1) == {"2": 4, "9": 5, "10": 6}


def test_no_categories_at_all():
    with pytest.raises(DataError, match="column `a` has no categories in the training rows"):
        fitted(Category(missing="unknown"), "a", {"a": ["", ""]})


def test_shapes():
    assert Category().network_input("c", None) == (Shape(("c.categories",)), "float32")
    assert Category(categories=("a", "b"), missing="own").network_input("c", None) == (Shape((3,)), "float32")
    assert Category(categories=("a", "b"), columns=("x", "y")).network_input("c", None) == (Shape((4,)), "float32")
    assert Category(columns=("x*",), categories=("a", "b")).network_input("c", None) == (Shape(("c.categories",)), "float32")
    embedded = Category(columns=("x*",), encode=Embedding())
    assert embedded.network_input("c", None) == (Shape(("c.columns",)), "int64")
    assert embedded.operation("c", None).output_shape(Shape(("c.columns",))) == Shape(("c.columns*c.size",))
    declared = Category(categories=tuple("abcdefghij"), encode=Embedding())
    assert declared.operation("c", None).size == 6
