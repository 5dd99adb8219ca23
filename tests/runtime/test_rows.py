from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlpspec.diagnostics import DataError, UsageError
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.rows import read_rows

COLUMNS = {"height": [3.0, None], "width": [1, 2], "island": ["Dream", None], "further": [0, 0]}


@pytest.fixture(scope="module")
def mixed_card(mixed):
    return Predictor(mixed, "cpu").card


@pytest.fixture(scope="module")
def strict_card(strict):
    return Predictor(strict, "cpu").card


@pytest.fixture(scope="module")
def tensor_card(tensor):
    return Predictor(tensor, "cpu").card


def messages(data, card):
    with pytest.raises(DataError) as caught:
        read_rows(data, card)
    return [f"{d.place}: {d.message}" if d.place else d.message for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    "data",
    [
        COLUMNS,
        pl.DataFrame(COLUMNS),
        pd.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        {name: np.array(values) for name, values in COLUMNS.items()},
        {name: pd.Series(values) for name, values in COLUMNS.items()},
        {name: pl.Series(values) for name, values in COLUMNS.items()},
        {name: tuple(values) for name, values in COLUMNS.items()},
        [{name: values[row] for name, values in COLUMNS.items()} for row in (0, 1)],
        {"size": [[1, 3], [2, np.nan]], "island": ["Dream", None]},
        {"size": np.array([[1, 3], [2, np.nan]]), "island": np.array([["Dream"], [None]], object)},
        {"width": ["1", " 2"], "height": ["3", "NA"], "island": ["Dream", "NA"]},
    ],
    ids=lambda data: type(data).__name__,
)
def test_all_kinds_of_data_mean_the_same(mixed_card, data):
    arrays = read_rows(data, mixed_card)
    assert list(arrays) == ["size", "island"]
    np.testing.assert_array_equal(arrays["size"], np.array([[1, 3], [2, np.nan]], np.float32))
    assert arrays["size"].dtype == np.float32
    assert arrays["island"].tolist() == [["Dream"], [""]]
    assert arrays["island"].dtype == object


def test_one_row(mixed_card):
    for row in ({"width": 1, "height": None, "island": "x"}, {"width": np.float32(1), "height": np.array(np.nan), "island": "x"}):
        arrays = read_rows(row, mixed_card)
        np.testing.assert_array_equal(arrays["size"], [[1, np.nan]])
        assert arrays["island"].tolist() == [["x"]]


def test_no_rows(mixed_card):
    for data in (
        {"width": [], "height": [], "island": []},
        pl.DataFrame(COLUMNS).clear(),
        {"size": np.zeros((0, 2)), "island": np.zeros((0, 1), "U1")},
    ):
        arrays = read_rows(data, mixed_card)
        assert [arrays[name].shape for name in arrays] == [(0, 2), (0, 1)]


def test_missing_columns_are_all_named_with_near_names(mixed_card):
    with pytest.raises(DataError) as caught:
        read_rows({"Width": [1], "heigth": [2], "islnd": ["x"]}, mixed_card)
    assert [d.message for d in caught.value.diagnostics] == [f"the data has no column `{name}`" for name in ("width", "height", "island")]
    assert [d.help for d in caught.value.diagnostics] == [
        "the data has `Width`: capitals and spaces count",
        "did you mean `heigth`?",
        "did you mean `islnd`?",
    ]
    assert caught.value.exit_code == 4


def test_everything_wrong_is_said_at_once(strict_card):
    data = {"width": ["1", "1,5", "x", None], "height": [1, 2, np.inf, 1e39], "island": ["Dream", "Drean", None, "Mars"]}
    assert messages(data, strict_card) == [
        "row 2: `width` has '1,5', which is not a number (the first of 2 such cells)",
        "row 4: `width` has no value, and the model takes no missing values here",
        "row 3: `height` has 'inf', which is infinite, or beyond the range of float32 (the first of 2 such cells)",
        "row 3: `island` has no value, and the model takes no missing values here",
        "row 2: `island` has 'Drean', a category that the training rows do not have (the first of 2 such cells)",
    ]
    with pytest.raises(DataError) as caught:
        read_rows(data, strict_card)
    helps = [d.help for d in caught.value.diagnostics]
    assert "with a point" in helps[0]
    assert "did you mean `Dream`?" in helps[-1]


def test_missing_tokens_are_in_the_help(mixed_card):
    with pytest.raises(DataError) as caught:
        read_rows({"width": ["?"], "height": [1], "island": ["x"]}, mixed_card)
    assert caught.value.diagnostics[0].help == "a missing value is written as nothing, or as 'NA'"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"width": 1, "height": [1], "island": "x"}, "`width` is a single value and `height` is a column"),
        ({"width": [1, 2], "height": [1], "island": ["x"]}, "the columns have different numbers of rows: `width` 2, `height` 1"),
        ({"width": [1, 2], "height": [1, 2], "island": ["x"]}, "the inputs have different numbers of rows: `size` 2, `island` 1"),
        ({"size": np.ones((2, 3)), "island": ["x", "y"]}, "`size` has the shape (2, 3), expected (batch, 2)"),
        ({"size": np.ones((2, 2, 1)), "island": ["x", "y"]}, "`size` has the shape (2, 2, 1), expected (batch, 2)"),
        ({"size": np.array([["a", "1"]]), "island": ["x"]}, "row 1: `width` has 'a', which is not a number"),
    ],
)
def test_shapes(mixed_card, data, message):
    assert messages(data, mixed_card) == [message]


@pytest.mark.parametrize("data", [5, "text", None, [], [1, 2], pl.LazyFrame(COLUMNS), np.ones((2, 2))])
def test_what_is_no_data(mixed_card, data):
    with pytest.raises(UsageError):
        read_rows(data, mixed_card)


def test_damaged_frames(mixed_card):
    frame = pd.DataFrame([[1, 2]], columns=["width", "width"])
    assert "cannot be read" in messages(frame, mixed_card)[0]


class TestTensors:
    image = np.arange(12, dtype=np.float64).reshape(2, 2, 3)

    def test_by_input_and_by_column_name(self, tensor_card):
        nested = {"pixels": self.image.tolist()}
        series = {"pixels": pl.Series(self.image.tolist(), dtype=pl.Array(pl.Float64, (2, 3)))}
        for data in ({"image": self.image}, {"pixels": self.image}, self.image, nested, series, {"image": np.asfortranarray(self.image)}):
            array = read_rows(data, tensor_card)["image"]
            assert array.dtype == np.float32
            assert array.flags.c_contiguous
            np.testing.assert_array_equal(array, self.image)

    def test_integers_and_booleans(self, tensor_card):
        assert read_rows({"image": np.ones((1, 2, 3), np.uint8)}, tensor_card)["image"].dtype == np.float32
        assert read_rows({"image": np.ones((1, 2, 3), bool)}, tensor_card)["image"].sum() == 6

    def test_wrong_ones(self, tensor_card):
        assert messages({"image": np.ones((2, 3))}, tensor_card) == ["`image` has the shape (2, 3), expected (batch, 2, 3)"]
        assert messages({"image": np.ones((5, 3, 2))}, tensor_card) == ["`image` has the shape (5, 3, 2), expected (batch, 2, 3)"]
        assert messages({"image": [[1, 2], [3]]}, tensor_card) == ["`image` does not hold numbers of one shape"]
        assert messages({"image": np.array(["a"])}, tensor_card) == ["`image` does not hold numbers of one shape"]
        assert messages({"x": 1}, tensor_card) == ["the data has no column `pixels`"]
        bad = self.image.copy()
        bad[0, 0, 0], bad[1, 0, 0] = np.nan, -np.inf
        assert messages({"image": bad}, tensor_card) == [
            "row 2: `image` holds infinite numbers",
            "row 1: `image` holds NaN, and the model takes no missing values here",
        ]


def test_integer_categories(codes):
    card = Predictor(codes, "cpu").card
    assert read_rows({"code": [3, 5.0]}, card)["code"].tolist() == [[3], [5]]
    assert read_rows({"code": ["3", " 5"]}, card)["code"].dtype == np.int64
    assert messages({"code": [3, 4, None, 2.5]}, card) == [
        "row 4: `code` has '2.5', which is not a whole number",
        "row 3: `code` has no value, and the model takes no missing values here",
        "row 2: `code` has '4', a category that the training rows do not have",
    ]


def test_float32_arrays_are_not_copied(mixed_card):
    size = np.ones((3, 2), np.float32)
    assert read_rows({"size": size, "island": ["a"] * 3}, mixed_card)["size"] is size
