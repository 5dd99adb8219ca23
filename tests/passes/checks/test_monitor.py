import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

SPEC = "mlpspec: 1\ninputs: {x: numeric}\ntargets: {y: binary}\nmodel: [{head: y}]\n"


def findings(text):
    try:
        loads(SPEC + text)
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize("where", ["early_stopping: %s", "callbacks: [{early_stopping: %s}]"])
def test_a_figure_that_no_epoch_brings(where):
    [finding] = findings(f"training: {{{where % '{monitor: validation.acuracy}'}}}\n")
    assert finding.code == "unknown-name"
    assert "`validation.accuracy`" in finding.help
    span = finding.primary.span
    assert span.source.text.splitlines()[span.start.line][span.start.column :].startswith("validation.acuracy")


@pytest.mark.parametrize("where", ["early_stopping: {}", "callbacks: [early_stopping]"])
def test_validation_rows_that_are_not_there(where):
    [finding] = findings(f"data: {{path: a.csv, split: {{train: 1, validation: 0, test: 0}}}}\ntraining: {{{where}}}\n")
    assert finding.code == "bad-split"
    assert "needs validation rows" in finding.message
