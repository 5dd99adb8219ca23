from __future__ import annotations

import pytest

from mlpspec.compiler import check, loads
from mlpspec.diagnostics import SpecError
from mlpspec.passes.search_space import dimensions, with_values, without_tuning

SPEC = """\
mlpspec: 1
vars: {width: 64, rate: 3e-3}
data: {path: t.csv}
inputs: {x: numeric}
targets: {y: category}
model:
  - dense: {units: $width, activation: relu, dropout: 0.2, name: hidden}
  - dense: 32
  - head: y
training: {optimizer: {adamw: {learning_rate: $rate}}}
"""


def document(parameters, more=""):
    return loads(f"{SPEC}tuning: {{parameters: {{{parameters}}}{more}}}\n")


def space(parameters):
    found = document(parameters)
    return dimensions(found, lambda tree: check(tree, found.folder))


def refused(parameters, more=""):
    with pytest.raises(SpecError) as error:
        document(parameters, more)
    return error.value.diagnostics


def text_at(finding):
    """What a caret marks."""
    span = finding.primary.span
    return span.source.line(span.start.line)[span.start.column : span.end.column]


MISTAKES = {
    "no such section": (
        "training.optimzer.adamw.learning_rate: {range: [1, 2]}",
        "unknown-option",
        "optimzer",
        "did you mean `optimizer`?",
    ),
    "no such option": ("model.0.dense.droput: {range: [0, 0.5]}", "unknown-option", "droput", "did you mean `dropout`?"),
    "no such layer": ("model.hiden.dense.units: {range: [1, 2]}", "bad-override", "hiden", "did you mean `hidden`?"),
    "no such index": (
        "model.7.dense: {range: [1, 2]}",
        "bad-override",
        "7",
        "write an index from 0 to 2, or -1 for the last, or a layer's name",
    ),
    "no such variable": ("vars.widht: {range: [1, 2]}", "undefined-variable", "widht", "did you mean `width`?"),
    "through a number": ("model.1.dense.units.x: {range: [1, 2]}", "bad-override", "units", "set `model.1.dense` to a mapping first"),
    "another optimizer": ("training.optimizer.sgd.momentum: {range: [0, 0.9]}", "one-entry", "adamw", "keep one of them"),
    "no path": ('"a..b": {choices: [1]}', "bad-override", '"a..b"', None),
    "low": ("model.1.dense: {range: [0, 8]}", "out-of-range", "0", None),
    "high": ("model.0.dense.dropout: {range: [0, 1.5]}", "out-of-range", "1.5", None),
    "fraction": ("training.batch_size: {range: [1.5, 8]}", "wrong-type", "1.5", None),
    "choice": ("model.0.dense.activation: {choices: [relu, gleu]}", "unknown-name", "gleu", "did you mean `gelu`?"),
    "choice with options": ("training.optimizer: {choices: [adam, {sgd: {momntum: 0.9}}]}", "unknown-option", "momntum", None),
    "empty range": ("vars.width: {range: [8, 8]}", "out-of-range", "[8, 8]", "write the lower number first"),
    "three numbers": ("vars.width: {range: [1, 2, 3]}", "wrong-form", "[1, 2, 3]", "write e.g. [16, 256]"),
    "log of zero": ("model.0.dense.dropout: {range: [0, 0.5], log: true}", "out-of-range", "[0, 0.5]", "raise it, or remove `log`"),
    "log with step": ("vars.rate: {range: [0.1, 0.5], log: true, step: 0.1}", "invalid-spec", "step", "keep one of them"),
    "whole log with step": ("vars.width: {range: [8, 64], log: true, step: 8}", "invalid-spec", "step", "keep one of them"),
    "wide step": ("vars.width: {range: [8, 16], step: 9}", "out-of-range", "9", None),
    "fraction of a step": ("vars.width: {range: [8, 16], step: 0.5}", "out-of-range", "0.5", "write a whole number"),
    "both": ("vars.width: {range: [8, 16], choices: [1]}", "invalid-spec", "vars.width", None),
    "neither": ("vars.width: {}", "missing-option", "vars.width", None),
    "log of choices": ("vars.width: {choices: [1], log: true}", "invalid-spec", "log", "remove it"),
    "twice": ("model.0.dense.units: {choices: [1]}, model.hidden.dense: {choices: [2]}", "duplicate-name", "dense", "keep one of them"),
    "data": ("data.path: {choices: [a.csv]}", "invalid-spec", "data", "tune the model or its training"),
    "seed": ("seed: {choices: [1, 2]}", "invalid-spec", "seed", "tune the model or its training"),
}


@pytest.mark.parametrize(("parameters", "code", "marked", "help"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_have_their_place(parameters, code, marked, help):
    [found] = refused(parameters)
    assert (found.code, text_at(found)) == (code, marked)
    if help is not None:
        assert found.help == help


def test_a_variable_s_value_is_marked_too():
    [found] = refused("vars.width: {range: [-4, 8]}")
    assert (found.code, text_at(found)) == ("out-of-range", "$width")
    assert [label.span.source.line(label.span.start.line)[label.span.start.column :][:2] for label in found.secondary] == ["-4"]


@pytest.mark.parametrize(
    ("more", "code", "help"),
    [
        (", maximize: validation.acuracy", "unknown-name", "did you mean `validation.accuracy`"),
        (", maximize: validation.loss", "invalid-spec", "write `minimize: validation.loss`"),
        (", minimize: validation.f1", "invalid-spec", "write `maximize: validation.f1`"),
        (", maximize: validation.f1, minimize: validation.loss", "invalid-spec", ""),
        (", sampler: grid", "invalid-spec", "give it a `step`, or `choices`"),
        (", sampler: bayes", "unknown-name", "did you mean `cmaes`?"),
    ],
)
def test_mistakes_of_the_search(more, code, help):
    [found] = refused("vars.rate: {range: [0.1, 0.5]}", more)
    assert found.code == code
    assert help in found.help


def test_validation_rows_are_needed():
    with pytest.raises(SpecError, match="needs validation rows"):
        loads(SPEC.replace("path: t.csv", "path: t.csv, split: {validation: 0}") + "tuning: {parameters: {vars.width: {choices: [1]}}}\n")


def test_whole_numbers_where_the_spec_takes_no_others():
    found = space(
        "vars.width: {range: [8, 64]}, vars.rate: {range: [1, 2]}, model.0.dense.dropout: {range: [0, 0.5]}, "
        "training.batch_size: {range: [8, 64], step: 8}, training.schedule.cosine.warmup: {range: [0, 1]}"
    )
    assert [(dimension.name.split(".")[-1], dimension.whole) for dimension in found] == [
        *(("width", True), ("rate", False), ("dropout", False), ("batch_size", True), ("warmup", False))
    ]
    assert [dimension.count for dimension in found] == [57, None, None, 8, None]


def test_a_step_ends_below_the_high_end():
    [found] = space("vars.width: {range: [8, 30], step: 10}")
    assert found.ends == (8, 28)
    assert found.count == 3


def test_numbers_have_as_many_digits_as_tell_them_apart():
    linear, log, narrow = space(
        "model.0.dense.dropout: {range: [0, 0.5]}, vars.rate: {range: [1e-5, 1e-1], log: true}, "
        "training.schedule.cosine.warmup: {range: [0.45, 0.4501]}"
    )
    assert linear.value(0.123456789).data == 0.1235
    assert log.value(0.000123456789).data == 0.0001235
    assert narrow.value(0.450012345678).data == 0.45001235
    assert linear.value(0.49999999).data == 0.5


def test_a_contradiction_with_the_rest_of_the_spec_is_a_warning():
    """Two branches that must be of one width are tuned apart: some combinations fail, others do not."""
    model = "[{dense: {units: 8, name: a}}, {dense: {units: 8, name: b, from: x}}, {add: {from: [a, b]}}, {head: y}]"
    text = "mlpspec: 1\ninputs: {x: numeric}\ntargets: {y: category}\n" + f"model: {model}\n"
    parameters = "{model.a.dense.units: {choices: [8, 16]}, model.b.dense.units: {choices: [8, 16]}}"
    found = loads(text + f"tuning: {{parameters: {parameters}}}\n").warnings
    assert [warning.code for warning in found] == ["invalid-spec"] * 2
    assert found[0].message.startswith("with 16 for `model.a.dense.units` alone the spec is invalid: `add` needs equal shapes")


def test_values_in_the_spec():
    one = document("vars.width: {range: [8, 64]}, model.hidden.dense.activation: {choices: [relu, {leaky_relu: {negative_slope: 0.1}}]}")
    found = dimensions(one, lambda tree: check(tree, one.folder))
    assert found[1].labels == ("relu", "{leaky_relu: {negative_slope: 0.1}}")
    tree = with_values(one, found, {"vars.width": 9, "model.hidden.dense.activation": found[1].labels[1]})
    layer = check(without_tuning(tree), one.folder).spec.model[0]
    assert (layer.units, layer.activation.negative_slope) == (9, 0.1)
    assert "tuning" in tree.data


def test_choices_may_be_variables_and_parts_of_blocks_are_tuned():
    text = SPEC.replace("vars: {", "vars: {small: 3, ").replace("- dense: 32", "- block: {use: b, with: {units: $small}}")
    text += "blocks: {b: {parameters: {units: null}, layers: [{dense: $units}]}}\n"
    one = loads(text + "tuning: {parameters: {model.1.block.with.units: {range: [2, 4]}, vars.width: {choices: [$small, 5]}}}\n")
    found = dimensions(one, lambda tree: check(tree, one.folder))
    assert found[0].whole
    tree = with_values(one, found, {"model.1.block.with.units": 4, "vars.width": "$small"})
    assert check(without_tuning(tree), one.folder).spec.model[0].units == 3


def test_training_takes_no_notice():
    from mlpspec.training.resolved_spec import resolved_spec

    one = document("vars.width: {range: [8, 64]}")
    assert "tuning" not in resolved_spec(one)
    assert loads(resolved_spec(one)).spec.model == one.spec.model
