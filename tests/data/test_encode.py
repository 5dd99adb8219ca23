from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.imputers import MeanImputer
from mlpspec.catalog.inputs import Category, Datetime, Numeric, Tensor
from mlpspec.catalog.scalers import Log1p, MinMax
from mlpspec.catalog.targets import Binary, CategoryTarget, Multilabel, NumericTarget
from mlpspec.data.encode import encode, known_categories
from mlpspec.data.fit import fit
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError, Severity

TRAIN = {
    "n": [1.0, 3.0, 5.0, 7.0],
    "c": ["a", "b", "a", "c"],
    "i": [1, 2, 2, 1],
    "y": ["no", "yes", "no", "yes"],
    "z": [10.0, 20.0, 30.0, 40.0],
}


def fitted(inputs, targets=None):
    table = open_frame(TRAIN)
    return fit(inputs, targets or {}, table, np.arange(4))


def refused(preprocessing, frame, **options):
    with pytest.raises(DataError) as error:
        encode(preprocessing, open_frame(frame), **options)
    return error.value.diagnostics


def test_rows_in_their_order():
    preprocessing = fitted({"n": Numeric(scale=MinMax()), "c": Category()}, {"y": Binary(), "z": NumericTarget(scale=MinMax())})
    encoded = encode(preprocessing, open_frame(TRAIN), np.array([3, 0]))
    assert encoded.inputs["n"].tolist() == [[1], [0]]
    assert encoded.inputs["c"].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert encoded.targets["y"].tolist() == [[1], [0]]
    assert encoded.targets["z"].tolist() == [[1], [0]]
    assert {name: array.dtype for name, array in (encoded.inputs | encoded.targets).items()} == dict.fromkeys("ncyz", np.float32)
    assert encoded.warnings == ()


def test_the_truth_can_be_left_out():
    preprocessing = fitted({"n": Numeric()}, {"y": CategoryTarget()})
    encoded = encode(preprocessing, open_frame({"n": [1.0]}), targets=False)
    assert (list(encoded.inputs), encoded.targets) == (["n"], {})
    [found] = refused(preprocessing, {"n": [1.0]})
    assert found.message == "the data has no column `y`"


def test_all_that_is_wrong_at_once():
    preprocessing = fitted({"n": Numeric(), "c": Category(unseen="error"), "i": Category()}, {"y": CategoryTarget(), "z": NumericTarget()})
    found = refused(preprocessing, {"n": [1, None], "c": ["d", "A"], "i": ["1", "x"], "y": ["yes", "maybe"], "z": [None, 1]})
    assert [(d.code, d.message, d.place) for d in found] == [
        ("missing-value", "column `n` is empty in 1 row", "row 2"),
        ("unseen-category", "column `c` has categories that the training rows lack, in 2 rows: `d`, `A`", "row 1"),
        ("bad-cell", "column `i`: `x` is not a whole number", "row 2"),
        ("unseen-category", "column `y` has labels that the training rows lack, in 1 row: `maybe`", "row 2"),
        ("missing-value", "column `z` is empty in 1 row", "row 1"),
    ]


def test_unseen_categories_are_counted():
    preprocessing = fitted({"c": Category(columns=("c", "y")), "i": Category()})
    frame = {"c": ["d", "a", "e", "f", "g", "d"], "y": ["no"] * 6, "i": [3, 1, 1, 1, 1, 1]}
    encoded = encode(preprocessing, open_frame(frame), part="validation")
    assert encoded.inputs["c"][:2].tolist() == [[0, 0, 0, 1, 0], [1, 0, 0, 1, 0]]
    assert [(w.severity, w.code, w.message) for w in encoded.warnings] == [
        (
            Severity.WARNING,
            "unseen-category",
            "column `c` has categories that the training rows lack, in 5 validation rows: `d`, `e`, `f`, ...",
        ),
        (Severity.WARNING, "unseen-category", "column `i` has categories that the training rows lack, in 1 validation row: `3`"),
    ]


def test_missing_categories_are_not_unseen():
    for missing in ("own", "unknown", "most_frequent"):
        preprocessing = fitted({"c": Category(missing=missing)})
        assert encode(preprocessing, open_frame({"c": ["a", None]})).warnings == ()


def test_missing_numbers_that_are_handled():
    preprocessing = fitted({"n": Numeric(missing=MeanImputer(), scale=MinMax())})
    assert encode(preprocessing, open_frame({"n": [None, 1.0]})).inputs["n"].tolist() == [[0.5], [0]]


def test_numbers_that_become_infinite():
    """(3e38 - 1) * small: finite in the file, infinite in float32 once divided by a small deviation."""
    table = open_frame({"n": [0.0, 1e-5]})
    preprocessing = fit({"n": Numeric()}, {}, table, np.arange(2))
    [found] = refused(preprocessing, {"n": [1.0, 3e38]})
    assert (found.code, found.place) == ("bad-cell", "row 2")
    assert "becomes infinite when it is scaled" in found.message


def test_tensors():
    x = np.arange(12, dtype=np.uint8).reshape(3, 4)
    preprocessing = fit({"x": Tensor(scale=MinMax())}, {}, open_frame({"x": x}), np.arange(3))
    encoded = encode(preprocessing, open_frame({"x": x}), np.array([2])).inputs["x"]
    np.testing.assert_array_equal(encoded, (x[2:].astype(np.float32) / np.float32(11)))
    [found] = refused(preprocessing, {"x": x[:, :3]})
    assert "has the shape (3,), not (4,)" in found.message


def test_known_categories():
    item = fitted({"c": Category(columns=("c", "y"), missing="own")}).inputs["c"]
    assert known_categories(item, 0) == ("", "a", "b", "c")
    assert known_categories(item, 1) == ("", "no", "yes")
    assert known_categories(fitted({"n": Numeric()}).inputs["n"], 0) == ()


def test_no_rows():
    preprocessing = fitted({"n": Numeric(), "c": Category()}, {"y": CategoryTarget()})
    encoded = encode(preprocessing, open_frame(TRAIN), np.empty(0, np.int64))
    assert encoded.inputs["n"].shape == (0, 1)
    assert encoded.inputs["c"].shape == (0, 3)
    assert encoded.targets["y"].shape == (0,)


def test_a_truth_that_its_scale_cannot_hold():
    preprocessing = fitted({}, {"z": NumericTarget(scale=Log1p())})
    [found] = refused(preprocessing, {"z": [15.0, 0.0, -5.0]}, part="test")
    assert (found.code, found.place) == ("bad-cell", "row 3")
    assert found.message == "the target `z` has numbers in 1 test row that its scale cannot hold"
    assert encode(preprocessing, open_frame({"z": [0.0, 1e6]})).targets["z"].shape == (2, 1)


def test_several_labels():
    preprocessing = fitted({}, {"c": Multilabel(separator="|")})
    assert encode(preprocessing, open_frame({"c": ["a|c", "", "b"]})).targets["c"].tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    [found] = refused(preprocessing, {"c": ["a|d", "A"]})
    assert found.message == "column `c` has labels that the training rows lack, in 2 rows: `d`, `A`"
    preprocessing = fit({}, {"m": Multilabel(columns=("p", "q"))}, open_frame({"p": [0, 1], "q": ["1", "0"]}), np.arange(2))
    found = refused(preprocessing, {"p": [1, None], "q": [1, 2]})
    assert [(d.code, d.message, d.place) for d in found] == [
        ("missing-value", "column `p` is empty in 1 row", "row 2"),
        ("bad-cell", "column `q` holds `2` in 1 row, where 0 and 1 are wanted", "row 2"),
    ]


def test_times():
    preprocessing = fit({"t": Datetime(parts=("hour",), encode="one_hot")}, {}, open_frame({"t": ["2024-01-01T05:00"]}), np.arange(1))
    assert encode(preprocessing, open_frame({"t": ["2024-01-01T23:30"]})).inputs["t"].argmax() == 23
    [found] = refused(preprocessing, {"t": ["2024-01-01", ""]})
    assert (found.message, found.place) == ("column `t` is empty in 1 row", "row 2")
    lenient = fit({"t": Datetime(missing="median")}, {}, open_frame({"t": ["2024-01-01T05:00", ""]}), np.arange(2))
    rows = encode(lenient, open_frame({"t": ["2024-01-01T05:00", ""]})).inputs["t"]
    assert rows[0].tolist() == rows[1].tolist()
