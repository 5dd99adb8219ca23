"""The text of a first spec."""

import re

import pytest
import yaml

from mlpspec.compiler import loads
from mlpspec.data.draft import Draft, identifier, quoted
from mlpspec.data.guess import Column, guess_input, guess_target


def column(name, *values, **more):
    return Column(name, tuple(map(str, values)), **more)


def draft(inputs, target, rows=300, **more):
    guesses = [guess_input(one) for one in inputs]
    details = {
        "name": "m",
        "command": "mlpspec init t.csv",
        "train": "mlpspec train m.yaml",
        "schema": "s.json",
        "path": "t.csv",
        "tokens": ("",),
    }
    return Draft(**{**details, "rows": rows, "inputs": guesses, "target": guess_target(target), **more})


def written(*arguments, **more):
    """The spec as plain data, once mlpspec itself has accepted it."""
    text = draft(*arguments, **more).text()
    loads(text)
    return yaml.safe_load(text)


CLASSES = column("kind", *["a", "b", "c"] * 20)
NUMBER = column("size", 1.5, 2.5, 3.5)


def test_one_number_keeps_its_column_s_name():
    assert written([NUMBER], CLASSES)["inputs"] == {"size": "numeric"}


def test_numbers_share_an_input_and_gaps_are_filled():
    spec = written([NUMBER, column("weight", 1.5, 2, missing=3)], CLASSES)
    assert spec["inputs"] == {"numbers": {"numeric": {"columns": ["size", "weight"], "scale": "standardize", "missing": "mean"}}}


def test_categories_are_inputs_of_their_own():
    many = column("city", *(f"city {n % 30}" for n in range(90)), missing=1)
    inputs = written([column("sex", *"mf" * 9), column("home town", *"xy" * 9, missing=1), many], CLASSES)["inputs"]
    assert inputs == {
        "sex": "category",
        "home_town": {"category": {"columns": "home town", "missing": "own"}},
        "city": {"category": {"encode": "embedding", "missing": "own"}},
    }


def test_times_are_taken_apart():
    inputs = written([column("day of birth", "2020-01-02", "2021-03-04"), column("seen", "2020-01-02T10:00", "2021-03-04T11:30")], CLASSES)[
        "inputs"
    ]
    assert inputs == {
        "day_of_birth": {"datetime": {"columns": "day of birth", "parts": ["year", "month", "day", "weekday"]}},
        "seen": "datetime",
    }


def test_names_are_free_of_collisions():
    inputs = written(
        [column("inputs", *"ab" * 9), column("kind!", *"ab" * 9), column("kind?", *"ab" * 9), column("true", *"ab" * 9)], CLASSES
    )["inputs"]
    assert list(inputs) == ["inputs_2", "kind_", "kind__2", "column_true"]


def test_left_out_columns_stand_in_comments():
    text = draft([NUMBER, column("row_id", *range(60))], CLASSES).text()
    assert "# left out: row_id: a different whole number in every row" in text


def test_classes_are_stratified_when_the_rarest_allows_it():
    assert written([NUMBER], CLASSES)["data"]["split"]["stratify"] == "kind"
    rare = column("kind", *["a", "b"] * 20, "c")
    assert "stratify" not in written([NUMBER], rare)["data"]["split"]


def test_a_target_s_column_may_have_any_name():
    spec = written([NUMBER], column("the kind", *["a", "b"] * 20))
    assert spec["targets"] == {"the_kind": {"binary": "the kind"}}
    assert spec["model"][-1] == {"head": "the_kind"}


def test_arrays_are_flattened_before_the_first_layer():
    image = Column("image", array=(8, 8))
    assert written([image], CLASSES)["model"][0] == "flatten"
    model = written([image, NUMBER], CLASSES)["model"]
    assert model[:2] == [{"flatten": {"name": "image_flat", "from": "image"}}, {"concat": {"from": ["size", "image_flat"]}}]


@pytest.mark.parametrize(("rows", "units", "batch"), [(100, 32, 16), (2_000, 64, 64), (50_000, 128, 1024), (10**7, 256, 1024)])
def test_sizes_grow_with_the_rows(rows, units, batch):
    spec = written([NUMBER], CLASSES, rows=rows)
    assert spec["model"][0]["dense"]["units"] == units
    assert spec["training"]["batch_size"] == batch


def test_missing_tokens_and_options_of_the_data():
    spec = written([NUMBER], CLASSES, tokens=("", "NA", "?"), options={"separator": ";"}, path="a b/$t #1.csv".replace("$", ""))
    assert spec["data"]["missing"] == ["", "NA", "?"]
    assert spec["data"]["separator"] == ";"
    assert spec["data"]["path"] == "a b/t #1.csv"


def test_every_input_and_the_target_are_explained():
    lines = draft([NUMBER, column("sex", *"mf" * 9)], CLASSES).text().splitlines()
    explained = [line for line in lines if re.match(r"  (size|sex|kind): ", line)]
    assert len(explained) == 3
    assert all("  # " in line for line in explained)


@pytest.mark.parametrize(
    "text", ["plain", "with space", "a: b", "# x", "1e3", "no", "null", "-", "", " padded ", "é", "a,b", "{x}", 'say "x"', "tab\t", "*glob"]
)
def test_quoted_texts_are_read_back(text):
    assert yaml.safe_load(f"- {quoted(text)}") == [text] or text == "no"  # YAML 1.1 takes it for false; YAML 1.2 and mlpspec for text


def test_a_dollar_is_doubled():
    assert quoted("$x") == '"$$x"'


def test_identifiers():
    assert [identifier(text) for text in ("état", "", "a-b.c", "x" * 99)] == ["_tat", "column_", "a_b_c", "x" * 48]
