import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

TEXT = """\
mlpspec: 1
data: %s
inputs: {a: numeric}
targets: {y: %s}
model: [{dense: 4}, {head: y}]
export: {calibrate: temperature%s}
"""


def findings(data="{path: a.csv}", target="category", more=""):
    try:
        loads(TEXT % (data, target, more))
    except SpecError as error:
        return [(finding.code, finding.message) for finding in error.diagnostics]
    return []


@pytest.mark.parametrize("target", ["category", "binary", "{multilabel: {columns: [b, c]}}"])
def test_targets_of_classes_can_be_calibrated(target):
    assert findings(target=target) == []


def test_a_number_has_no_probability():
    [(code, message)] = findings(target="numeric")
    assert code == "invalid-spec"
    assert "no target has some" in message


@pytest.mark.parametrize("data", ["{path: a.csv, split: {train: 0.8, validation: 0, test: 0.2}}", "{train: a.csv, test: b.csv}"])
def test_without_validation_rows(data):
    [(code, message)] = findings(data)
    assert code == "bad-split"
    assert "validation rows" in message


@pytest.mark.parametrize("data", ["{path: a.csv, split: {column: part}}", "{train: a.csv, validation: b.csv}", "{}"])
def test_where_there_may_be_validation_rows(data):
    assert findings(data) == []


def test_probabilities_that_nobody_sees():
    [(code, message)] = findings(more=", outputs: [label]")
    assert code == "invalid-spec"
    assert "leaves out" in message
