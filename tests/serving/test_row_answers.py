import numpy as np
import pytest

from mlpspec.diagnostics import DataError
from mlpspec.serving.refusal import Refusal
from mlpspec.serving.row_answers import read_row_objects, row_answers

ROW = {"width": 1.5, "height": None, "word": "red", "code": 5, "pixels": [[1, 2], [3, 4]]}


def test_rows_become_the_models_arrays(predictor):
    arrays, rows = read_row_objects({"rows": [ROW, {**ROW, "width": "2.5", "word": None, "more": "ignored"}]}, predictor.card)
    assert rows == 2
    np.testing.assert_array_equal(arrays["size"], np.array([[1.5, np.nan], [2.5, np.nan]], np.float32))
    assert arrays["word"].tolist() == [["red"], [""]]
    assert arrays["code"].tolist() == [[5], [5]]
    np.testing.assert_array_equal(arrays["image"], np.array([ROW["pixels"]] * 2, np.float32))
    assert [arrays[name].dtype for name in ("size", "code", "image")] == [np.float32, np.int64, np.float32]


def test_no_rows(predictor):
    assert read_row_objects({"rows": []}, predictor.card) == ({}, 0)


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        ({}, "rows", "`rows` is missing"),
        ({"row": [ROW]}, "row", "unknown key `row`"),
        ({"rows": ROW}, "rows", "`rows` is an object, expected a list"),
        ({"rows": None}, "rows", "`rows` is null"),
        ({"rows": [ROW, 3]}, "rows[1]", "the row is a number"),
        ({"rows": [ROW, {k: v for k, v in ROW.items() if k != "width"}]}, "rows[1]", "no column `width`"),
        ({"rows": [ROW, {**ROW, "width": "abc"}]}, "rows[1]", "`width` has 'abc', which is not a number"),
        ({"rows": [ROW, {**ROW, "width": 1e39}]}, "rows[1]", "`width` has '1e+39'"),
        ({"rows": [ROW, {**ROW, "width": [1]}]}, "rows[1]", "`width` is a list, expected one value"),
        ({"rows": [ROW, {**ROW, "word": {}}]}, "rows[1]", "`word` is an object, expected one value"),
        ({"rows": [ROW, {**ROW, "word": "\ud800"}]}, "rows[1]", "`word` holds half of a surrogate pair"),
        ({"rows": [ROW, {**ROW, "code": 4}]}, "rows[1]", "`code` has '4', a category"),
        ({"rows": [ROW, {**ROW, "code": None}]}, "rows[1]", "`code` has no value"),
        ({"rows": [ROW, {**ROW, "pixels": [[1, 2, 3]]}]}, "", "`image` does not hold numbers of one shape"),
        ({"rows": [{**ROW, "pixels": [[1, 2, 3]]}]}, "", "`image` has the shape (1, 1, 3), expected (batch, 2, 2)"),
        ({"rows": [{**ROW, "pixels": "x"}]}, "", "`image` does not hold numbers"),
    ],
)
def test_the_wrong_row_and_column_are_named(data, place, said, predictor):
    with pytest.raises((Refusal, DataError)) as caught:
        read_row_objects(data, predictor.card)
    (found,) = caught.value.diagnostics
    assert found.place == place
    assert said in found.message


def test_a_near_column_is_offered(predictor):
    row = {**{key: value for key, value in ROW.items() if key != "height"}, "heigth": 1}
    with pytest.raises(DataError) as caught:
        read_row_objects({"rows": [row]}, predictor.card)
    assert "`heigth`" in caught.value.diagnostics[0].help


def test_faults_of_one_kind_are_counted(predictor):
    with pytest.raises(DataError) as caught:
        read_row_objects({"rows": [{**ROW, "width": "x", "code": 1}, {**ROW, "width": "y"}]}, predictor.card)
    assert [d.message for d in caught.value.diagnostics] == [
        "`width` has 'x', which is not a number (the first of 2 such cells)",
        "`code` has '1', a category that the training rows do not have",
    ]


def test_answers_by_row(predictor):
    answers = {
        "tag": np.array(["red", "blue"], object),
        "tag_probability": np.array([[0.75, 0.25], [0.5, np.nan]], np.float32),
        "total": np.array([1.5, np.inf], np.float32),
        "position": np.array([[1, 2], [3, 4]], np.float32),
    }
    assert row_answers(predictor.card, answers) == [
        {"tag": "red", "tag_probability": {"red": 0.75, "blue": 0.25}, "total": 1.5, "position": {"left": 1.0, "top": 2.0}},
        {"tag": "blue", "tag_probability": {"red": 0.5, "blue": None}, "total": None, "position": {"left": 3.0, "top": 4.0}},
    ]


def test_answers_for_no_rows(predictor):
    assert row_answers(predictor.card, predictor.no_answers()) == []
