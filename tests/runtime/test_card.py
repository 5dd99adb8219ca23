from __future__ import annotations

import json
import math
from contextlib import suppress

import pytest

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.card import Value, read_card

INPUTS = (Value("size", "tensor(float)", ("batch", 2)), Value("island", "tensor(string)", ("batch", 1)))
OUTPUTS = (Value("species", "tensor(string)", ("batch",)), Value("species_probability", "tensor(float)", ("batch", 3)))


@pytest.fixture
def metadata(make):
    return make.card([make.SIZE, make.ISLAND], [make.SPECIES_TARGET])


def changed(metadata, **values):
    return {**metadata, "mlpspec.model": json.dumps({**json.loads(metadata["mlpspec.model"]), **values})}


def test_reads_the_card(metadata):
    card = read_card(metadata, INPUTS, OUTPUTS)
    assert card.columns == ("width", "height", "island")
    assert card.missing_tokens == ("", "NA")
    assert card.inputs[1].categories == (("Biscoe", "Dream"),)
    assert card.targets[0].outputs == {"species": None, "species_probability": ("Adelie", "Chinstrap", "Gentoo")}
    assert card.spec == "mlpspec: 1\n"
    assert card.run["figures"] == {"validation": {"loss": 0.5}}


def test_samples_inside_the_model(metadata):
    assert read_card(metadata, INPUTS, OUTPUTS).samples == 1, "files of older versions do not say it"
    assert read_card(changed(metadata, samples=30), INPUTS, OUTPUTS).samples == 30
    for damaged in (0, -1, 1.5, True, "30", None, 2**40):
        with pytest.raises(ModelFileError, match="`samples` is no number of times"):
            read_card(changed(metadata, samples=damaged), INPUTS, OUTPUTS)


def test_foreign_models_are_refused_in_words():
    with pytest.raises(ModelFileError, match="not exported by mlpspec"):
        read_card({"author": "x"}, INPUTS, OUTPUTS)


def test_newer_format_names_the_version(metadata):
    with pytest.raises(ModelFileError, match="format 2, this version reads up to 1") as caught:
        read_card(changed(metadata, format=2, mlpspec="9.0"), INPUTS, OUTPUTS)
    assert "made by mlpspec 9.0" in caught.value.diagnostics[0].help


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000, '{"format": ' + "9" * 5000 + "}", '"text"', "\ud800"])
def test_hostile_json(metadata, text):
    for key in ("mlpspec.model", "mlpspec.run"):
        with pytest.raises(ModelFileError):
            read_card({**metadata, key: text}, INPUTS, OUTPUTS)


JUNK = [None, 0, True, -1, 1.5, "x", [], {}, [None], [{}], [[]], {"a": 1}, "x" * 1000, 2**70]


@pytest.mark.parametrize("value", JUNK, ids=lambda value: repr(value)[:20])
def test_any_field_of_any_type_ends_in_an_error_or_a_card(metadata, value):
    plain = json.loads(metadata["mlpspec.model"])
    places = [plain, plain["inputs"][0], plain["inputs"][1], plain["targets"][0]]
    for place in places:
        for key in list(place):
            old = place[key]
            for new in (value, "absent"):
                if new == "absent":
                    del place[key]
                else:
                    place[key] = new
                with suppress(ModelFileError):  # nothing else may be raised
                    read_card({**metadata, "mlpspec.model": json.dumps(plain)}, INPUTS, OUTPUTS)
                place[key] = old
    assert json.loads(metadata["mlpspec.model"]) == plain


def test_figures_are_numbers_by_part_of_the_data(metadata):
    run = {"figures": {"validation": {"loss": 1, "f1": None, "r2": -math.inf}, "test": {}}}
    card = read_card({**metadata, "mlpspec.run": json.dumps(run)}, INPUTS, OUTPUTS)
    assert card.figures == {"validation": {"loss": 1.0, "f1": None, "r2": -math.inf}, "test": {}}
    assert card.run == run


@pytest.mark.parametrize(
    "figures", [None, 1, [], {"test": 0.5}, {"test": {"loss": "0.5"}}, {"test": {"loss": True}}, {"test": {"loss": 10**400}}]
)
def test_figures_of_another_form(metadata, figures):
    with pytest.raises(ModelFileError, match="mlpspec.run: figures: (an object|a number) is wanted"):
        read_card({**metadata, "mlpspec.run": json.dumps({"figures": figures})}, INPUTS, OUTPUTS)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("columns", ["width", "width"], "names one twice"),
        ("columns", [], "is empty"),
        ("type", "float64", "the type is none"),
        ("shape", [2, 0], "does not hold sizes"),
        ("categories", [["a", "a"]], "stands twice"),
        ("categories", [["a", 1]], "all texts or all integers"),
        ("categories", [["a"], ["b"], ["c"]], "not as many"),
    ],
)
def test_inputs_that_make_no_sense(metadata, key, value, reason):
    data = json.loads(metadata["mlpspec.model"])
    data["inputs"][0][key] = value
    with pytest.raises(ModelFileError, match=reason):
        read_card({**metadata, "mlpspec.model": json.dumps(data)}, INPUTS, OUTPUTS)


def test_contradictions_with_the_graph_are_all_named(metadata):
    inputs = (Value("size", "tensor(double)", ("batch", 3)), Value("islands", "tensor(string)", ("batch", 1)))
    outputs = (Value("species", "tensor(int64)", ("batch",)), Value("species_probability", "tensor(float)", ("batch", 2)))
    with pytest.raises(ModelFileError) as caught:
        read_card(metadata, inputs, outputs)
    text = str(caught.value)
    assert "names the inputs size, island; the graph has size, islands" in text
    assert "`size` should be tensor(float) and is tensor(double)" in text
    assert "`size` should have the shape (batch, 2) and has (batch, 3)" in text
    assert "`species` should be tensor(string)" in text
    assert "`species_probability` should have the shape (batch, 3)" in text


def test_a_fixed_batch_is_a_contradiction(metadata):
    with pytest.raises(ModelFileError, match=r"has \(1, 2\)"):
        read_card(metadata, (Value("size", "tensor(float)", (1, 2)), INPUTS[1]), OUTPUTS)


def card_of(make, target, *outputs):
    return read_card(make.card([make.SIZE], [target]), INPUTS[:1], outputs).targets[0]


def test_answers_of_every_kind(make):
    labels = {"name": "tags", "kind": "multilabel", "type": "string", "classes": ["a", "b"]}
    labels["outputs"] = {"tags": ["a", "b"], "tags_probability": ["a", "b"]}
    two = ("batch", 2)
    target = card_of(make, labels, Value("tags", "tensor(int64)", two), Value("tags_probability", "tensor(float)", two))
    assert list(target.outputs.values()) == [("a", "b"), ("a", "b")]
    quantiles = {"name": "price", "outputs": {"price": None, "price_interval": ["0.05", "0.95"]}}
    target = card_of(make, quantiles, Value("price", "tensor(float)", ("batch",)), Value("price_interval", "tensor(float)", two))
    assert target.outputs == {"price": None, "price_interval": ("0.05", "0.95")}


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ({}, "none, or not named"),
        ({"other": None}, "not named after"),
        (["price"], "an object is wanted"),
        ({"price": ["a", "a"]}, "stands twice"),
        ({"price": "a"}, "all texts"),
    ],
)
def test_outputs_that_make_no_sense(make, outputs, reason):
    with pytest.raises(ModelFileError, match=reason):
        card_of(make, {"name": "price", "outputs": outputs})


def test_labels_that_contradict_the_graph(make):
    labels = {"name": "tags", "kind": "multilabel", "type": "string", "classes": ["a", "b"], "outputs": {"tags": ["a", "b"]}}
    with pytest.raises(ModelFileError, match=r"`tags` should be tensor\(int64\)"):
        card_of(make, labels, Value("tags", "tensor(string)", ("batch", 2)))
    with pytest.raises(ModelFileError, match=r"should have the shape \(batch, 2\) and has \(batch\)"):
        card_of(make, labels, Value("tags", "tensor(int64)", ("batch",)))


def test_times_are_whole_seconds(make):
    when = {"name": "when", "kind": "datetime", "columns": ["when"], "type": "seconds"}
    price = Value("price", "tensor(float)", ("batch",))
    card = read_card(make.card([when], [{"name": "price"}]), [Value("when", "tensor(int64)", ("batch", 1))], [price])
    assert card.inputs[0].type == "seconds"
    with pytest.raises(ModelFileError, match=r"`when` should be tensor\(int64\)"):
        read_card(make.card([when], [{"name": "price"}]), [Value("when", "tensor(float)", ("batch", 1))], [price])


def test_the_precision_of_the_network(metadata):
    """Files of before there was a choice are float32."""
    card = read_card(metadata, INPUTS, OUTPUTS)
    assert (card.precision, card.quantization) == ("fp32", "")
    card = read_card(changed(metadata, precision="int8", quantization="dynamic"), INPUTS, OUTPUTS)
    assert (card.precision, card.quantization) == ("int8", "dynamic")
    assert read_card(changed(metadata, precision="fp16", quantization=None), INPUTS, OUTPUTS).quantization == ""
    for key in ("precision", "quantization"):
        with pytest.raises(ModelFileError, match=f"`{key}` is not a text"):
            read_card(changed(metadata, **{key: 8}), INPUTS, OUTPUTS)
