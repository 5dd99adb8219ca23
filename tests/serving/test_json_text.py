import json

import numpy as np
import pytest

from mlpspec.serving.json_text import kind_of, parse_object, plain, to_json
from mlpspec.serving.refusal import Refusal


def test_an_object_is_parsed():
    assert parse_object(b' {"a": [1, 2.5, null, true, "\xc3\xa9"]} ') == {"a": [1, 2.5, None, True, "é"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no body"),
        (b"{", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b'{"a": NaN}', "NaN is not a number of JSON"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b"[1]", "a list, expected an object"),
        (b"null", "null, expected an object"),
        (b'"\xff"', "UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_anything_else_is_refused(body, said):
    with pytest.raises(Refusal, match=said) as caught:
        parse_object(body)
    assert caught.value.status == 400


def test_the_place_of_a_syntax_error_is_named():
    with pytest.raises(Refusal) as caught:
        parse_object(b'{\n  "a": }')
    assert caught.value.diagnostics[0].place == "line 2, column 8"


def test_text_survives_the_way_out_and_back():
    data = {"é": "\U0001f427", "half": "\ud800", "line": "a\nb\x00"}
    assert json.loads(to_json(data)) == data


def test_float32_survives_exactly():
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert (np.array(json.loads(to_json({"a": plain(values)}))["a"], np.float32) == values).all()


def test_what_is_not_finite_becomes_null():
    assert plain(np.array([[1.0, np.inf], [-np.inf, np.nan]], np.float32)) == [[1.0, None], [None, None]]
    assert plain(np.array(["nan", "é"], object)) == ["nan", "é"]
    assert plain(np.array([1, 2], np.int64)) == [1, 2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a text"),
        ([], "a list"),
        ({}, "an object"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_kinds_have_words(value, words):
    assert kind_of(value) == words
