import math

import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import CheckError
from mlpspec.exporting.precision.gate import changes, refuse_drops

CLASSES = """\
mlpspec: 1
inputs: {x: numeric}
targets: {kind: category}
model: [{head: kind}]
training: {metrics: [accuracy, log_loss]}
"""
NUMBERS = CLASSES.replace("category", "numeric").replace("accuracy, log_loss", "mae, r2")
BOTH = """\
mlpspec: 1
inputs: {x: numeric}
targets: {kind: category, size: numeric}
model: [{dense: {units: 2, name: body}}, {head: kind}, {head: {target: size, from: body}}]
training: {metrics: [accuracy, mae]}
"""


def drops(text, before, after):
    return {name: change.drop for name, change in changes(loads(text).spec, before, after).items()}


def test_a_drop_is_what_became_worse_whichever_way_is_better():
    before, after = {"loss": 1.0, "accuracy": 0.9, "log_loss": 0.3}, {"loss": 9.0, "accuracy": 0.88, "log_loss": 0.32}
    assert drops(CLASSES, before, after) == pytest.approx({"accuracy": 0.02, "log_loss": 0.02})
    assert drops(CLASSES, after, before) == pytest.approx({"accuracy": -0.02, "log_loss": -0.02})


def test_metrics_with_a_unit_are_judged_by_their_share():
    """2 of 50 is 4 %; r2 has no unit."""
    before, after = {"loss": 1.0, "mae": 50.0, "r2": 0.5}, {"loss": 1.0, "mae": 52.0, "r2": 0.49}
    assert drops(NUMBERS, before, after) == pytest.approx({"mae": 0.04, "r2": 0.01})
    assert drops(NUMBERS, {"mae": 0.0}, {"mae": 1e-9}) == {"mae": math.inf}
    assert drops(NUMBERS, {"mae": 0.0}, {"mae": 0.0}) == {"mae": 0.0}


def test_every_target_is_judged():
    before, after = {"loss": 1.0, "kind.accuracy": 0.9, "size.mae": 2.0}, {"loss": 1.0, "kind.accuracy": 0.9, "size.mae": 3.0}
    assert drops(BOTH, before, after) == {"kind.accuracy": 0.0, "size.mae": 0.5}


def test_what_has_no_value_before_is_not_judged_and_the_loss_stands_in_when_nothing_has():
    assert drops(CLASSES, {"accuracy": 0.9, "log_loss": None, "loss": 1.0}, {"accuracy": 0.9, "log_loss": 1.0, "loss": 2.0}) == {
        "accuracy": 0
    }
    nothing = {"accuracy": None, "log_loss": None, "loss": 2.0}
    assert drops(CLASSES, nothing, {**nothing, "loss": 2.5}) == {"loss": 0.25}
    assert drops(CLASSES, {**nothing, "loss": None}, nothing) == {}


def refused(text, before, after, most):
    with pytest.raises(CheckError) as error:
        refuse_drops(changes(loads(text).spec, before, after), most, method="int8 static", part="validation")
    assert error.value.exit_code == 7
    assert {diagnostic.code for diagnostic in error.value.diagnostics} == {"metric-drop"}
    return error.value.diagnostics


def test_a_refusal_names_metric_values_and_remedy():
    [one] = refused(CLASSES, {"accuracy": 0.9, "log_loss": 0.3}, {"accuracy": 0.88, "log_loss": 0.3}, 0.01)
    assert one.message == "`accuracy` on the validation rows is 0.9 in fp32 and 0.88 at int8 static: 0.02 worse, and 0.01 is allowed"
    assert one.help == "`--quantization dynamic` or `--precision fp16` may lose less; `--max-metric-drop 0.02` would allow it"
    [one] = refused(NUMBERS, {"mae": 50.0, "r2": 0.5}, {"mae": 52.0, "r2": 0.5}, 0.01)
    assert one.message == "`mae` on the validation rows is 50 in fp32 and 52 at int8 static: 4.00% of it worse, and 1.00% is allowed"


def test_the_remedy_is_enough():
    """What the help says would allow it does."""
    for after in (0.8801, 0.87777, 0.5):
        before, after = {"accuracy": 0.9, "log_loss": None}, {"accuracy": after, "log_loss": None}
        [one] = refused(CLASSES, before, after, 0.01)
        enough = float(one.help.split("--max-metric-drop ")[1].split("`")[0])
        refuse_drops(changes(loads(CLASSES).spec, before, after), enough, method="fp16", part="validation")


def test_all_refusals_at_once_and_none_within_the_bound():
    before, after = {"accuracy": 0.9, "log_loss": 0.3}, {"accuracy": 0.88, "log_loss": 0.4}
    assert len(refused(CLASSES, before, after, 0.0)) == 2
    refuse_drops(changes(loads(CLASSES).spec, before, after), 0.2, method="fp16", part="validation")
    refuse_drops(changes(loads(CLASSES).spec, before, before), 0.0, method="fp16", part="validation")


def test_a_metric_that_has_no_value_any_more_is_refused_whatever_is_allowed():
    [one] = refused(CLASSES, {"accuracy": 0.9, "log_loss": 0.3}, {"accuracy": 0.9, "log_loss": None}, 1e9)
    assert one.message == "`log_loss` on the validation rows is 0.3 in fp32 and has no value at int8 static"
    assert "max-metric-drop" not in one.help


def test_nothing_to_judge_by_is_refused():
    nothing = {"accuracy": None, "log_loss": None, "loss": None}
    [one] = refused(CLASSES, nothing, nothing, 1.0)
    assert "neither a metric nor the loss has a value" in one.message
