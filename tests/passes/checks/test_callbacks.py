import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

SPEC = "mlpspec: 1\ninputs: {x: numeric}\ntargets: {y: binary}\nmodel: [{head: y}]\ntraining:\n"


def findings(*lines):
    try:
        loads(SPEC + "".join(f"  {line}\n" for line in lines))
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize(
    "lines",
    [
        ["early_stopping: {patience: 3}", "callbacks: [{early_stopping: 4}]"],
        ["callbacks: [{early_stopping: 3}, {early_stopping: 4}]"],
        ["checkpoint: {steps: 3}", "callbacks: [{checkpoint: {epochs: 1}}]"],
    ],
)
def test_what_can_be_there_once_stands_twice(lines):
    [finding] = findings(*lines)
    assert finding.code == "duplicate-name"
    assert "a second `" in finding.message
    assert finding.secondary


def test_callbacks_that_go_together():
    assert findings("checkpoint: {steps: 3}", "callbacks: [{early_stopping: {monitor: train.loss}}]") == []
