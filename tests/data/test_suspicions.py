from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.encoders import Embedding
from mlpspec.catalog.imputers import MeanImputer
from mlpspec.catalog.inputs import Category, Numeric
from mlpspec.catalog.targets import CategoryTarget, NumericTarget
from mlpspec.data.fit import fit
from mlpspec.data.sources.frame import open_frame
from mlpspec.data.suspicions import suspicions
from mlpspec.diagnostics import Severity

ROWS = 20


def messages(frame, inputs, targets=None, rows=ROWS):
    table = open_frame(frame)
    preprocessing = fit(inputs, targets or {}, table, np.arange(rows))
    found = list(suspicions(preprocessing, table, np.arange(rows)))
    assert all(d.severity is Severity.WARNING and d.code == "suspicious-data" and d.help for d in found)
    return [d.message for d in found]


def test_nothing_to_say():
    frame = {
        "n": np.arange(ROWS) % 7,
        "c": np.array(["a", "b"] * 10),
        "y": np.array(["no", "yes", "no", "no"] * 5),
        "t": np.arange(ROWS) / 3,
    }
    assert messages(frame, {"n": Numeric(), "c": Category()}, {"y": CategoryTarget(), "t": NumericTarget()}) == []


def test_constant_and_empty_columns():
    frame = {
        "n": np.full(ROWS, 2.5),
        "m": np.full(ROWS, np.nan),
        "c": np.array(["a"] * ROWS),
        "d": np.array(["", "a"] * 10),
        "t": np.full(ROWS, 1),
    }
    found = messages(
        frame,
        {"n": Numeric(), "m": Numeric(missing=MeanImputer()), "c": Category(), "d": Category(missing="unknown")},
        {"t": NumericTarget()},
    )
    assert found == [
        "column `n` is 2.5 in all training rows",
        "column `m` has no values in the training rows",
        "column `c` is `a` in all training rows",
        "column `d` has at most one value in the training rows",
        "column `t` is 1 in all training rows",
    ]


def test_a_different_text_in_every_row():
    frame = {"name": np.array([f"p{i}" for i in range(ROWS)])}
    assert messages(frame, {"name": Category()}) == ["column `name` has another category in each of the 20 training rows"]
    assert messages(frame, {"name": Category()}, rows=5) == []


@pytest.mark.parametrize(("first", "warned"), [(2**24 - ROWS, False), (2**24, True)])
def test_identifiers_that_float32_cannot_hold(first, warned):
    found = messages({"id": np.arange(first, first + ROWS)}, {"id": Numeric()})
    assert ["loses digits" in message for message in found] == [True] * warned


def test_large_even_numbers_lose_nothing():
    assert messages({"id": np.arange(ROWS) * 2**20 + 2**30}, {"id": Numeric()}) == []


def test_a_target_among_the_inputs():
    frame = {"y": np.arange(ROWS) % 3 / 2, "copy": np.arange(ROWS) % 3 / 2, "other": np.arange(ROWS) % 5}
    found = messages(frame, {"x": Numeric(columns=("y", "copy", "other"))}, {"y": NumericTarget()})
    assert found == [
        "the input `x` reads `y`, which is the target `y` itself",
        "the columns `copy` and `y`, the target `y`, are the same in all training rows",
    ]
    frame = {"label": np.array(["a", "b"] * 10), "copy": np.array(["a", "b"] * 10)}
    assert messages(frame, {"copy": Category()}, {"label": CategoryTarget()}) == [
        "the columns `copy` and `label`, the target `label`, are the same in all training rows"
    ]


def test_nearly_the_same_is_not_the_same():
    copy = np.array(["a", "b"] * 50)
    copy[-1] = "a"
    frame = {"label": np.array(["a", "b"] * 50), "copy": copy}
    assert messages(frame, {"copy": Category()}, {"label": CategoryTarget()}, rows=100) == []


def test_undeclared_missing_values_among_categories():
    frame = {"c": np.array(["a", "b", "NA", "?"] * 5)}
    assert messages(frame, {"c": Category()}) == ["column `c` has the category `?`", "column `c` has the category `NA`"]


def test_a_very_wide_one_hot():
    frame = {"c": np.array([f"v{i % 1500}" for i in range(3000)])}
    assert messages(frame, {"c": Category()}, rows=3000) == ["the input `c` takes 1500 one-hot positions in each row"]
    assert messages(frame, {"c": Category(encode=Embedding())}, rows=3000) == []
