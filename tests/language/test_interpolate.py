from __future__ import annotations

import time

import pytest

from mlpspec.diagnostics import Severity, SpecError
from mlpspec.diagnostics.render import render_full
from mlpspec.language.interpolate import interpolate, scope_of, substitute, variables
from mlpspec.language.reader import read
from mlpspec.language.tree import Tree


def spec(text: str) -> Tree:
    return read(text, "spec.yaml")


def resolved(text: str) -> dict:
    return interpolate(spec(text))[0].data


def mistakes(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        interpolate(spec(text))
    return [diagnostic.message for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("64", 64), ("1e-3", 0.001), ("true", True), ("~", None), ("relu", "relu"), ("[1, 2]", [1, 2]), ("{a: {b: 1}}", {"a": {"b": 1}})],
)
def test_a_variable_has_a_value_of_any_type(value: str, expected: object) -> None:
    data = resolved(f"vars: {{v: {value}}}\nplain: $v\nlist: [$v, x]\nmap: {{k: $v}}")
    assert data == {"vars": {"v": expected}, "plain": expected, "list": [expected, "x"], "map": {"k": expected}}


def test_each_use_has_a_copy_of_its_own() -> None:
    data = resolved("vars: {v: [1]}\na: $v\nb: $v")
    data["a"].append(2)
    assert data["b"] == [1]
    assert data["vars"]["v"] == [1]


def test_variables_may_refer_to_earlier_and_later_ones() -> None:
    data = resolved("vars: {a: $b, b: [$c, 2], c: 1, d: $a}\nx: $d")
    assert data == {"vars": {"a": [1, 2], "b": [1, 2], "c": 1, "d": [1, 2]}, "x": [1, 2]}
    assert list(data["vars"]) == ["a", "b", "c", "d"]


def test_a_chain_of_variables_may_be_longer_than_the_stack() -> None:
    chain = "\n".join(f"  v{i}: $v{i + 1}" for i in range(5000))
    assert resolved(f"vars:\n{chain}\n  v5000: 7\nx: $v0")["x"] == 7


def test_two_dollars_begin_a_text_with_one() -> None:
    data = resolved("vars: {v: $$w}\na: $$v\nb: $$$x\nc: $v\nd: cost $5\ne: $$")
    assert data == {"vars": {"v": "$w"}, "a": "$v", "b": "$$x", "c": "$w", "d": "cost $5", "e": "$"}


def test_keys_are_never_replaced() -> None:
    assert resolved("vars: {v: 1}\n$v: $v") == {"vars": {"v": 1}, "$v": 1}


@pytest.mark.parametrize("text", ["$", "$1x", "$a.b", "$my-width", "$ a", "$é"])
def test_a_dollar_in_front_of_no_name_is_an_error(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        interpolate(spec(f"x: '{text}'"))
    [finding] = caught.value.diagnostics
    assert finding.message == f"`{text}` is not the name of a variable"
    assert finding.help == f"write `${text}` for a text that starts with a dollar"


def test_every_unknown_name_is_shown_with_a_near_one() -> None:
    with pytest.raises(SpecError) as caught:
        interpolate(spec("vars: {width: 64}\nmodel:\n  - dense: $widht\n  - dense: $depth\n"))
    first, second = caught.value.diagnostics
    assert (
        render_full(first)
        == """\
error[undefined-variable]: there is no variable `widht`
 --> spec.yaml:3:12
  |
3 |   - dense: $widht
  |            ^^^^^^
help: did you mean `width`?"""
    )
    assert second.message == "there is no variable `depth`"


def test_without_variables_the_help_says_how_to_define_one() -> None:
    with pytest.raises(SpecError) as caught:
        interpolate(spec("x: $width"))
    assert caught.value.diagnostics[0].help == "define it: `vars: {width: …}`"


def test_a_circle_is_refused_with_its_chain() -> None:
    with pytest.raises(SpecError) as caught:
        interpolate(spec("vars:\n  a: $b\n  b: [$c]\n  c: {x: $a}\n  d: $d\nx: $a"))
    first, second = caught.value.diagnostics
    assert first.message == "the variable `a` needs itself: `a` → `b` → `c` → `a`"
    assert [label.span.start.line for label in first.secondary] == [2, 3]
    assert second.message == "the variable `d` needs itself: `d` → `d`"


def test_vars_must_be_a_mapping() -> None:
    assert mistakes("vars: [a]\nx: $a") == ["`vars` must be a mapping"]
    assert resolved("vars:\nx: 1") == {"vars": None, "x": 1}


def test_a_spec_that_is_no_mapping_is_left_to_the_schema() -> None:
    tree = spec("[$a]")
    assert interpolate(tree) == (tree, [])


def test_an_unused_variable_is_a_warning() -> None:
    _, warnings = interpolate(spec("vars: {a: 1, b: $c, c: 2, my-width: 3, d: 4}\nx: $a\nblocks: {r: {layers: [{dense: $d}]}}"))
    assert [(w.message, w.help) for w in warnings] == [
        ("the variable `b` is used nowhere", "remove it"),
        ("the variable `my-width` is used nowhere", "only letters, digits and _ can follow a dollar: rename it"),
    ]
    assert {w.severity for w in warnings} == {Severity.WARNING}
    assert "vars: {a: 1, b: $c" in render_full(warnings[0])


def test_the_value_is_placed_at_its_use_and_its_origin_in_vars() -> None:
    tree, _ = interpolate(spec("vars:\n  width: ten\nunits: $width\n"))
    assert tree.positions.value(("units",)).start == (2, 7)
    assert tree.positions.origin(("units",)) == tree.positions.value(("vars", "width"))


def test_blocks_keep_their_names_until_they_are_used() -> None:
    text = """\
vars: {width: 64, act: relu}
blocks:
  residual:
    parameters: {width: 8}
    layers: [{dense: {units: $width, activation: $act}}, {note: $$x}]
model:
  - block: {use: residual, with: {width: 32}}
"""
    tree, warnings = interpolate(spec(text))
    layers = tree.at(("blocks", "residual", "layers"))
    assert layers.data == [{"dense": {"units": "$width", "activation": "$act"}}, {"note": "$$x"}]
    assert [w.message for w in warnings] == []

    given = scope_of(tree.at(("model", 0, "block", "with")))
    defaults = scope_of(tree.at(("blocks", "residual", "parameters")))
    used = substitute(layers, given, defaults, variables(tree))
    assert used.data == [{"dense": {"units": 32, "activation": "relu"}}, {"note": "$x"}]
    assert used.positions.origin((0, "dense", "units")) == tree.positions.value(("model", 0, "block", "with", "width"))
    assert substitute(layers, defaults, variables(tree)).data[0]["dense"]["units"] == 8
    with pytest.raises(SpecError, match="there is no variable `act`"):
        substitute(layers, given)


def test_what_holds_no_name_is_shared_with_the_result() -> None:
    tree = spec("a: {b: [1, 2]}\nc: $$x")
    result, _ = interpolate(tree)
    assert result.data["a"] is tree.data["a"]
    assert tree.data["c"] == "$$x", "the tree it was made from is as before"


@pytest.mark.parametrize(
    "text",
    [
        "vars:\n" + "".join(f"  v{i}: [$v{i + 1}, $v{i + 1}]\n" for i in range(40)) + "  v40: 1\nx: $v0",
        "vars:\n" + "".join(f"  v{i}: [$v{i + 1}]\n" for i in range(100)) + "  v100: 1\nx: $v0",
        "vars: {v: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\nx: [" + "$v," * 20_000 + "]",
        "vars: {v: " + "[" * 60 + "]" * 60 + "}\nx: [[[[$v]]]]",
    ],
    ids=["doubling", "nesting", "many", "deep"],
)
def test_growth_is_bounded(text: str) -> None:
    begin = time.process_time()  # of this process: others may keep the machine busy
    with pytest.raises(SpecError) as caught:
        interpolate(spec(text))
    assert [d.code for d in caught.value.diagnostics] == ["too-large"]
    assert time.process_time() - begin < 2
