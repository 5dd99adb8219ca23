from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mlpspec.diagnostics import UsageError
from mlpspec.runtime.answers import AnswerArrays, Answered, AnswerTable, answer_columns
from mlpspec.runtime.predictor import Predictor


def test_names(mixed, two_numbers, regression):
    card = Predictor(mixed, "cpu").card
    answers = {"species": np.array(["Adelie"], object), "species_probability": np.array([[0.5, 0.3, 0.2]], np.float32)}
    columns = answer_columns(card, answers)
    assert list(columns) == ["species", "species_probability_Adelie", "species_probability_Chinstrap", "species_probability_Gentoo"]
    assert columns["species_probability_Gentoo"].tolist() == [np.float32(0.2)]
    assert list(answer_columns(Predictor(two_numbers, "cpu").card, {"position": np.ones((2, 2))})) == ["position_left", "position_top"]
    assert list(answer_columns(Predictor(regression, "cpu").card, {"price": np.ones(2)})) == ["price"]
    assert list(answer_columns(Predictor(regression, "cpu").card, {"price": np.ones((2, 1, 2))})) == ["price_0_0", "price_0_1"]


def test_columns_named_after_their_target_are_not_named_twice(two_numbers):
    card = Predictor(two_numbers, "cpu").card
    target = replace(card.targets[0], outputs={"position": ("position_0", "position_1")})
    assert list(answer_columns(replace(card, targets=(target,)), {"position": np.ones((2, 2))})) == ["position_0", "position_1"]


def test_names_that_the_data_has_are_not_taken(regression):
    card = Predictor(regression, "cpu").card
    kept = pl.DataFrame({"price": ["old", "older"], "price_predicted": ["x", "y"]})
    table = AnswerTable(card, Answered({"price": np.empty(0, np.float32)}, kept.clear()))
    frame = table.frame(Answered({"price": np.array([1.5, 2.5], np.float32)}, kept))
    assert frame.columns == ["price", "price_predicted", "price_predicted_predicted"]
    assert frame.schema["price_predicted_predicted"] == pl.Float32


def test_labels_and_intervals(regression):
    card = Predictor(regression, "cpu").card
    labels = replace(card.targets[0], name="tags", outputs={"tags": ("a", "b"), "tags_probability": ("a", "b")})
    price = replace(card.targets[0], outputs={"price": None, "price_interval": ("0.05", "0.95")})
    answers = {
        "tags": np.array([[1, 0]]),
        "tags_probability": np.array([[0.75, 0.25]], np.float32),
        "price": np.array([5], np.float32),
        "price_interval": np.array([[4, 6]], np.float32),
    }
    answered = Answered(answers)
    frame = AnswerTable(replace(card, targets=(labels, price)), answered).frame(answered)
    assert frame.row(0, named=True) == {
        "tags_a": 1,
        "tags_b": 0,
        "tags_probability_a": 0.75,
        "tags_probability_b": 0.25,
        "price": 5,
        "price_interval_0.05": 4,
        "price_interval_0.95": 6,
    }


@pytest.fixture
def species(mixed):
    """A card, the answers to two rows, and to none."""
    predictor = Predictor(mixed, "cpu")
    answers = predictor.predict({"width": [1, 2], "height": [1, 2], "island": ["Dream", "Biscoe"]})
    return predictor.card, answers, Answered(predictor.no_answers())


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["species"], ["species"]),
        (["species_probability_Gentoo", "species"], ["species_probability_Gentoo", "species"]),
        (["species_probability"], ["species_probability_Adelie", "species_probability_Chinstrap", "species_probability_Gentoo"]),
        (
            ["*_Gentoo", "species*"],
            ["species_probability_Gentoo", "species", "species_probability_Adelie", "species_probability_Chinstrap"],
        ),
        (["species", "species"], ["species"]),
    ],
)
def test_wanted_columns_in_their_order(species, wanted, names):
    card, answers, nothing = species
    table = AnswerTable(card, nothing, wanted)
    assert list(table.names) == table.empty_frame().columns == names
    assert table.frame(Answered(answers)).equals(AnswerTable(card, nothing).frame(Answered(answers)).select(names))


def test_an_output_is_found_by_its_own_name_when_the_data_has_taken_it(species):
    card, _, nothing = species
    nothing = replace(nothing, kept=pl.DataFrame({"species": []}, schema={"species": pl.String}))
    assert AnswerTable(card, nothing, ["species"]).names == ("species_predicted",)


def test_columns_that_are_not_there(species):
    card, _, nothing = species
    with pytest.raises(UsageError) as caught:
        AnswerTable(card, nothing, ["specis", "species_probability_Gento", "x*"])
    assert [d.message for d in caught.value.diagnostics] == [
        "the answers have no column `specis`",
        "the answers have no column `species_probability_Gento`",
        "the answers have no column `x*`",
    ]
    assert "did you mean `species`" in caught.value.diagnostics[0].help
    assert "`species_probability_Gentoo`" in caught.value.diagnostics[1].help
    with pytest.raises(UsageError, match="no output `species_probability_Gentoo`"):
        AnswerArrays(card, nothing, ["species_probability_Gentoo"])


def test_empty_answers(species, codes):
    card, answers, nothing = species
    answered = Answered(answers, empty=np.array([False, True]))
    frame = AnswerTable(card, nothing).frame(answered)
    assert frame.row(1) == (None, None, None, None)
    assert frame["species"][0] == answers["species"][0]
    arrays = AnswerArrays(card, nothing, may_be_empty=True).arrays(answered)
    assert arrays["species"].tolist() == [answers["species"][0], ""]
    assert np.isnan(arrays["species_probability"]).tolist() == [[False] * 3, [True] * 3]
    assert not np.isnan(answers["species_probability"]).any()

    digits = Predictor(codes, "cpu")
    none = Answered(digits.no_answers())
    column = AnswerTable(digits.card, none).frame(Answered({"digit": np.array([30, 50])}, empty=np.array([True, False])))["digit"]
    assert column.to_list() == [None, 50]
    assert column.dtype == pl.Int64
    with pytest.raises(UsageError, match="no empty whole numbers for the answers `digit`"):
        AnswerArrays(digits.card, none, may_be_empty=True)


def test_arrays_keep_no_columns(species):
    card, _, nothing = species
    with pytest.raises(UsageError, match="keeps no columns"):
        AnswerArrays(card, replace(nothing, kept=pl.DataFrame({"a": []})))
