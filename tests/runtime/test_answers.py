from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from mlpspec.runtime.answers import answer_columns, answer_frame
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
    frame = answer_frame(card, {"price": np.array([1.5, 2.5], np.float32)}, kept)
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
    frame = answer_frame(replace(card, targets=(labels, price)), answers, None)
    assert frame.row(0, named=True) == {
        "tags_a": 1,
        "tags_b": 0,
        "tags_probability_a": 0.75,
        "tags_probability_b": 0.25,
        "price": 5,
        "price_interval_0.05": 4,
        "price_interval_0.95": 6,
    }
