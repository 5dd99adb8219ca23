from __future__ import annotations

from typing import Any

import pytest

from mlpspec.diagnostics import Diagnostic, Label, SpecError
from mlpspec.diagnostics.render import render_full
from mlpspec.language.interpolate import interpolate
from mlpspec.language.overrides import override, path_steps
from mlpspec.language.reader import read

SPEC = """\
name: wine
inputs:
  my col: numeric
  a.b: {numeric: {scale: minmax}}
model:
  - dense: {units: 64}
  - flatten
  - dense: 32
training:
  epochs: 60
  optimizer: adam
export:
"""


def changed(*settings: str, text: str = SPEC) -> Any:
    return override(read(text, "spec.yaml"), settings).data


def findings(*settings: str) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        changed(*settings)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("training.epochs=5", ("training", "epochs"), 5),
        ("training.epochs = 5", ("training", "epochs"), 5),
        ("training.rate=1e-3", ("training", "rate"), 0.001),
        ("name=no", ("name",), "no"),
        ("name=a=b", ("name",), "a=b"),
        ("name='010'", ("name",), "010"),
        ("name=", ("name",), None),
        ("name=$width", ("name",), "$width"),
        ("training.metrics=[f1, accuracy]", ("training", "metrics"), ["f1", "accuracy"]),
        ("training.optimizer={sgd: {learning_rate: 1}}", ("training", "optimizer"), {"sgd": {"learning_rate": 1}}),
        ("model.0.dense.units=128", ("model", 0, "dense", "units"), 128),
        ("model.-1.dense=16", ("model", 2, "dense"), 16),
        ("model.1=dropout", ("model", 1), "dropout"),
        ("model.1.flatten.axis=2", ("model", 1), {"flatten": {"axis": 2}}),
        ('inputs."my col".scale=none', ("inputs", "my col"), "numeric"),
        ('inputs."my col"=category', ("inputs", "my col"), "category"),
        ("inputs.my col=category", ("inputs", "my col"), "category"),
        ('inputs."a.b".numeric.scale=none', ("inputs", "a.b", "numeric", "scale"), "none"),
        ("training.optimizer.adam.learning_rate=0.1", ("training", "optimizer"), {"adam": {"learning_rate": 0.1}}),
        ("vars.deep.er=1", ("vars",), {"deep": {"er": 1}}),
        ("export.outputs=[label]", ("export",), {"outputs": ["label"]}),
        ("data.0=1", ("data",), {"0": 1}),
    ],
)
def test_a_setting_puts_a_value_in(setting: str, path: tuple[str | int, ...], value: Any) -> None:
    if setting.startswith('inputs."my col".'):
        [finding] = findings(setting)
        assert finding.message == "`inputs.my col` is the text `numeric` and holds no `scale`"
        return
    data = changed(setting)
    for part in path:
        data = data[part]
    assert data == value


def test_only_what_is_named_changes() -> None:
    before = read(SPEC, "spec.yaml")
    after = override(before, ["model.0.dense.units=128"])
    assert before.data == read(SPEC, "spec.yaml").data
    assert after.data == {**before.data, "model": [{"dense": {"units": 128}}, "flatten", {"dense": 32}]}


def test_later_settings_see_earlier_ones() -> None:
    assert changed("training.optimizer.adam.learning_rate=0.1", "training.optimizer.adam.beta=0.5")["training"]["optimizer"] == {
        "adam": {"learning_rate": 0.1, "beta": 0.5}
    }
    assert changed("name=a", "name=b")["name"] == "b"


def test_variables_can_be_set_and_used() -> None:
    tree = override(read("vars: {width: 64}\nunits: $width", "s"), ["vars.width=128", "more=$width"])
    assert interpolate(tree)[0].data == {"vars": {"width": 128}, "units": 128, "more": 128}


@pytest.mark.parametrize("setting", ["training.epochs=ten", "training.epochs =  ten"])
def test_later_errors_point_into_the_setting(setting: str) -> None:
    tree = override(read(SPEC, "spec.yaml"), [setting])
    error = Diagnostic("wrong-type", "`epochs` must be a whole number", primary=Label(tree.positions.place(("training", "epochs"))))
    at = setting.index("ten")
    assert (
        render_full(error)
        == f"""\
error[wrong-type]: `epochs` must be a whole number
 --> --set:1:{at + 1}
  |
1 | {setting}
  | {" " * at}^^^"""
    )


def test_new_keys_stand_in_the_setting_and_old_ones_in_the_spec() -> None:
    tree = override(read(SPEC, "spec.yaml"), ["training.epoch=1", "training.epochs=2", "training.optimizer.adam.rate=[1, x]"])
    key = tree.positions.key
    new, old, inner = key(("training", "epoch")), key(("training", "epochs")), key(("training", "optimizer", "adam"))
    assert new is not None
    assert (new.source.name, new.start, new.end) == ("--set", (0, 9), (0, 14))
    assert old is not None
    assert old.source.name == "spec.yaml"
    assert inner is not None
    assert (inner.start, inner.end) == ((0, 19), (0, 23))
    assert tree.positions.value(("training", "optimizer", "adam", "rate", 1)).start == (0, 33)
    whole = tree.positions.value(("training", "optimizer"))
    assert (whole.start, whole.end) == ((0, 19), (0, 35))


@pytest.mark.parametrize(
    ("setting", "message", "help"),
    [
        ("training.epochs", "sets no value", "write path=value"),
        ("", "sets no value", "write path=value"),
        ("=5", "breaks off at `=`", "write path=value"),
        ("training.=5", "breaks off at `=`", "write path=value"),
        ("training..epochs=5", "breaks off at `.`", "write path=value"),
        ('inputs."my col=5', 'breaks off at `"`', "double quotes"),
        ('inputs."my"col=5', "breaks off at `c`", "double quotes"),
        ("training.epochs.x=1", "`training.epochs` is `60` and holds no `x`", "set `training.epochs` to a mapping first"),
        ("training.optimizer.sgd.rate=1", "`training.optimizer` is the text `adam` and holds no `sgd`", "mapping first"),
        ("model.2.dense.units=1", "`model.2.dense` is `32` and holds no `units`", "mapping first"),
        ("model.3=x", "`model` is a list of 3 and has no item `3`", "an index from 0 to 2"),
        ("model.-4=x", "has no item `-4`", "an index from 0 to 2"),
        ('model."0"=x', "has no item `0`", "an index from 0 to 2"),
        ("model.dense.units=1", "has no item `dense`", "an index from 0 to 2"),
        ("model." + "9" * 5000 + "=x", "has no item `999", "an index from 0 to 2"),
        ("name=a: b", "a value on one line", "write {a: b}"),
        ("name=- b", "a value on one line", "[a, b]"),
        ("name=#fff", "begins a comment", "quote"),
        ("name=a #b", "begins a comment", "quote"),
        ("name=a\nb", "one line", "{a: 1}"),
        (".".join("a" * 70) + "=1", "more than 64 parts", ""),
    ],
)
def test_what_is_wrong_with_a_setting(setting: str, message: str, help: str) -> None:
    [finding] = findings(setting)
    assert finding.code == "bad-override"
    assert message in finding.message
    assert help in finding.help
    assert finding.primary is not None
    assert finding.primary.span.source.name == "--set"
    assert len(finding.message) < 200


@pytest.mark.parametrize(
    ("value", "code"),
    [("[1, 2", "yaml-syntax"), ("010", "ambiguous-scalar"), (".nan", "ambiguous-scalar"), ("!!int 1", "yaml-feature"),
     ("{1: a}", "not-a-key"), ("*x", "yaml-feature"), ("\x00", "encoding"), ("\udcff", "encoding"), ("[" * 64, "too-large")],
)  # fmt: skip
def test_values_obey_the_rules_of_the_reader(value: str, code: str) -> None:
    [finding] = findings(f"training.epochs={value}")
    assert finding.code == code
    assert finding.primary is not None
    assert finding.primary.span.source.name == "--set"
    assert finding.primary.span.start.column >= len("training.epochs=")


def test_a_setting_that_does_not_fit_shows_what_stands_there() -> None:
    [finding] = findings("training.optimizer.sgd.rate=1")
    assert (
        render_full(finding)
        == """\
error[bad-override]: `training.optimizer` is the text `adam` and holds no `sgd`
 --> --set:1:20
  |
1 | training.optimizer.sgd.rate=1
  |                    ^^^
  = spec.yaml:11:14: what stands there
help: set `training.optimizer` to a mapping first"""
    )


def test_all_bad_settings_are_reported_at_once() -> None:
    found = findings("model.9=x", "name=fine", "training.epochs=010", "training.epochs.x=1")
    assert [d.code for d in found] == ["bad-override", "ambiguous-scalar", "bad-override"]


def test_a_spec_that_is_no_mapping_is_left_to_the_schema() -> None:
    assert changed("a=1", text="[1]") == [1]


NAMED = """\
model:
  - dense: {units: 64, name: hidden}
  - flatten
  - linear:
      name: "0"
      units: 3
"""


def test_a_layer_is_called_by_its_name() -> None:
    assert changed("model.hidden.dense.units=8", text=NAMED)["model"][0]["dense"]["units"] == 8
    assert changed("model.0.dense.units=8", text=NAMED)["model"][0]["dense"]["units"] == 8  # an index is one first
    assert changed('model."0".linear.units=8', text=NAMED)["model"][2]["linear"]["units"] == 8
    with pytest.raises(SpecError) as caught:
        changed("model.hiden.dense.units=8", text=NAMED)
    [found] = caught.value.diagnostics
    assert found.message == "`model` is a list of 3 and has no item `hiden`"
    assert found.help == "did you mean `hidden`?"


def test_a_path_that_stands_in_a_spec() -> None:
    """Its parts have places of their own where it is written as it is; where it is quoted they share the whole."""
    tree = read('a: {b.c: 1, "d.\\x65": 2}\n', "spec.yaml")
    first, second = [tree.positions.key(("a", key)) for key in ("b.c", "d.e")]
    assert first is not None
    assert second is not None
    assert [(step.text, step.span.start.column, step.span.end.column) for step in path_steps("b.c", first)] == [("b", 4, 5), ("c", 6, 7)]
    assert [step.span for step in path_steps("d.e", second)] == [second, second]
    with pytest.raises(SpecError, match="is not the path of a value"):
        path_steps("a..b", first)
