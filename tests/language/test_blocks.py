import pytest

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import SpecError

HEAD = "mlpspec: 1\ninputs: {x: {numeric: [a, b, c, d]}}\ntargets: {y: numeric}\nvars: {wide: 7}\n"
RESIDUAL = """\
blocks:
  residual:
    parameters: {units: null, activation: relu}
    layers:
      - dense: {name: inner, units: $wide, activation: $activation}
      - linear: $units
      - add: {from: [input, linear_1]}
"""


def nodes(text):
    return build_graph(loads(HEAD + text)).nodes


def errors(text):
    with pytest.raises(SpecError) as error:
        loads(HEAD + text)
    return error.value.diagnostics


def test_a_block_is_written_out_with_its_parameters():
    found = nodes(RESIDUAL + "model: [{linear: 5}, {block: {use: residual, with: {units: 5, activation: tanh}}}, {head: y}]\n")
    assert [(node.name, node.sources) for node in found] == [
        ("linear_1", ("x",)),
        ("residual_1_inner", ("linear_1",)),
        ("residual_1_linear_1", ("residual_1_inner",)),
        ("residual_1_add_1", ("linear_1", "residual_1_linear_1")),
        ("head_y", ("residual_1_add_1",)),
    ]
    assert found[1].operation.units == 7
    assert found[1].operation.activation.kind == "tanh"


def test_a_block_repeats_with_weights_of_its_own():
    found = nodes(RESIDUAL + "model: [{linear: 5}, {block: {use: residual, with: {units: 5}, name: tower, repeat: 2}}, {head: y}]\n")
    assert [node.name for node in found][3:6] == ["tower_1_add_1", "tower_2_inner", "tower_2_linear_1"]
    assert found[-1].sources == ("tower_2_add_1",)


def test_a_block_is_read_by_its_name():
    tower = "{block: {use: residual, with: {units: 5}, name: tower}}"
    text = f"model: [{{linear: 5}}, {tower}, {{linear: 3}}, {{concat: {{from: [tower, linear_2]}}}}, {{head: y}}]\n"
    assert nodes(RESIDUAL + text)[-2].sources == ("tower_add_1", "linear_2")


def test_blocks_use_blocks():
    text = """\
blocks:
  inner: {parameters: {n: 3}, layers: [{linear: $n}]}
  outer: {layers: [{block: inner}, {block: {use: inner, with: {n: 4}}}]}
model: [{block: outer}, {head: y}]
"""
    found = nodes(text.replace("vars", "vars"))
    assert [(node.name, node.operation.kind) for node in found] == [
        ("outer_1_inner_1_linear_1", "linear"),
        ("outer_1_inner_2_linear_1", "linear"),
        ("head_y", "head"),
    ]


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        ("[{block: {use: residul}}, {head: y}]", "unknown-name", "`residual`"),
        ("[{block: residual}, {head: y}]", "missing-option", "`units`"),
        ("[{block: {use: residual, with: {unit: 3}}}, {head: y}]", "unknown-option", "`units`"),
        ("[{block: {use: residual, with: {units: many}}}, {head: y}]", "wrong-type", "whole number"),
        ("[{linear: 5}, {block: {use: residual, with: {units: 6}}}, {head: y}]", "shape-mismatch", "(batch, 6)"),
    ],
)
def test_mistakes_in_a_use_are_named(model, code, words):
    found = errors(RESIDUAL + f"model: {model}\n")
    assert code in {d.code for d in found}
    assert any(words in d.message + d.help for d in found)


def test_a_mistake_inside_a_block_points_into_the_block_and_at_its_use():
    text = RESIDUAL.replace("linear: $units", "linear: {units: $units, bias: 3}")
    [found] = errors(text + "model: [{linear: 5}, {block: {use: residual, with: {units: 5}}}, {head: y}]\n")
    assert found.primary.span.start.line == 9
    assert "used here" in [label.message for label in found.secondary]


def test_a_block_that_uses_itself_is_refused():
    found = errors("blocks: {a: {layers: [{block: b}]}, b: {layers: [{block: a}]}}\nmodel: [{block: a}, {head: y}]\n")
    assert any("uses itself" in d.message for d in found)


def test_a_head_inside_a_block_is_refused():
    found = errors("blocks: {a: {layers: [{head: y}]}}\nmodel: [{block: a}]\n")
    assert any("inside a block" in d.message for d in found)


def test_an_unused_block_is_a_warning():
    document = loads(HEAD + "blocks: {a: {layers: [{linear: 3}]}}\nmodel: [{linear: 3}, {head: y}]\n")
    assert "the block `a` is used nowhere" in [w.message for w in document.warnings]
