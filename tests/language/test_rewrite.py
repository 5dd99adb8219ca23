from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.language.overrides import override
from mlpspec.language.reader import read
from mlpspec.language.rewrite import rewrite

SPEC = """\
# a comment
mlpspec: 1
vars: {width: 64, rate: 3e-3}   # two of them
model:
  - dense: {units: $width, dropout: 0.2}  # wide
  # between
  - dense:
      units: 32
      activation: relu
  - head: "species"
training:
  optimizer: adamw      # the usual
  epochs: 60
"""


def changed(*settings, text=SPEC):
    tree = read(text, "spec.yaml")
    return rewrite(tree, override(tree, settings).data)


@pytest.mark.parametrize(
    ("setting", "old", "new"),
    [
        ("vars.width=128", "width: 64", "width: 128"),
        ("model.0.dense.units=8", "units: $width", "units: 8"),
        ("model.1.dense.units=8", "units: 32", "units: 8"),
        ("model.1.dense.activation={leaky_relu: 0.1}", "activation: relu", "activation: {leaky_relu: 0.1}"),
        ("model.2.head=island", 'head: "species"', "head: island"),
        ("training.optimizer.adamw.learning_rate=0.01", "optimizer: adamw ", "optimizer: {adamw: {learning_rate: 0.01}} "),
        ("model.0.dense.bias=false", "{units: $width", "{bias: false, units: $width"),
        ("model.1.dense.bias=false", "      units: 32", "      bias: false\n      units: 32"),
        ("training.batch_size=16", "  optimizer: adamw", "  batch_size: 16\n  optimizer: adamw"),
        ("name=tuned", "  epochs: 60\n", "  epochs: 60\nname: tuned\n"),
    ],
)
def test_one_place_changes_and_the_rest_stays(setting, old, new):
    assert SPEC.count(old) == 1
    assert changed(setting) == SPEC.replace(old, new)


def test_a_mapping_that_loses_keys_is_written_anew():
    tree = read(SPEC, "spec.yaml")
    wanted = {**tree.data, "model": [tree.data["model"][0], {"linear": 5}, tree.data["model"][2]]}
    assert rewrite(tree, wanted) == SPEC.replace("dense:\n      units: 32\n      activation: relu", "{linear: 5}")
    assert rewrite(tree, {"mlpspec": 1}) is None


def test_nothing_to_change():
    assert changed() == SPEC


def test_several_places_at_once():
    found = changed("vars.width=1", "vars.rate=2.5", "model.1.dense.units=7", "name=x")
    assert found == SPEC.replace("64", "1").replace("3e-3", "2.5").replace("32", "7") + "name: x\n"


def test_a_kind_of_number_counts():
    assert changed("vars.width=64.0") == SPEC.replace("64", "64.0")


def test_line_ends_of_other_systems():
    text = SPEC.replace("\n", "\r\n")
    assert changed("vars.width=1", "training.epochs=7", text=text) == text.replace("64", "1").replace("60", "7")


def test_an_anchor_that_others_use_is_left_alone():
    """One dropout is to change and the text of both is one."""
    text = "mlpspec: 1\nmodel:\n  - dense: &d {units: 8, dropout: 0.1}\n  - dense: *d\n"
    assert changed("model.0.dense.dropout=0.5", text=text) is None
    assert changed("model.1.dense.dropout=0.5", text=text) is None
    assert changed("model.1.dense=3", text=text) is None  # a mapping behind an alias stays one
    merged = "mlpspec: 1\nvars: {base: &b {units: 8}}\nmodel:\n  - dense: {<<: *b, dropout: 0.1}\n"
    assert changed("model.0.dense.units=3", text=merged) is None
    assert changed("model.0.dense.dropout=0.3", text=merged) == merged.replace("0.1", "0.3")


def test_a_value_behind_an_alias():
    text = "mlpspec: 1\nvars: {a: &x 8}\nmodel: [{dense: *x}]\n"
    assert changed("model.0.dense=9", text=text) == text.replace("*x", "9")
    assert changed("vars.a=9", text=text) is None  # would change the layer too


def test_empty_values():
    assert changed("training.epochs=5", text="mlpspec: 1\ntraining:\n") == "mlpspec: 1\ntraining: {epochs: 5}\n"
    assert changed("training.epochs=5", text="mlpspec: 1\ntraining: {}\n") == "mlpspec: 1\ntraining: {epochs: 5}\n"
    assert changed("name=a", text="mlpspec: 1") == "mlpspec: 1\nname: a\n"
    assert changed("name=a", text="{mlpspec: 1}\n") == "{name: a, mlpspec: 1}\n"


@given(st.sampled_from(["vars.width", "model.0.dense.units", "model.1.dense.activation", "training.optimizer", "new"]), st.text(max_size=8))
def test_whatever_comes_out_means_what_was_wanted(path, value):
    tree = read(SPEC, "spec.yaml")
    data = override(tree, [f"{path}=null"]).data
    keys = path.split(".")
    here = data
    for key in keys[:-1]:
        here = here[int(key) if key.isdigit() else key]
    here[keys[-1]] = value
    found = rewrite(tree, data)
    if found is not None:
        assert read(found, "spec.yaml").data == data
