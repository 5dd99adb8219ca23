import pytest

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import SpecError
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts

TEXT = """\
mlpspec: 1
inputs: {a: numeric%s}
targets: {y: numeric, z: numeric}
model:
%s
export: {uncertainty: mc_dropout}
"""
HEADS = "  - head: {target: y, from: left}\n  - head: {target: z, from: right}"


def findings(layers, inputs=""):
    try:
        loads(TEXT % (inputs, layers))
    except SpecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize(
    "layers",
    [
        "  - dense: {name: left, units: 4, dropout: 0.1}\n  - dense: {name: right, units: 4}\n",
        "  - dropout: {name: left, rate: 0.5}\n  - linear: {name: right, units: 4}\n",
        "  - dense: {name: left, units: 1, dropout: 0.5}\n  - share: {name: right, of: left, from: a}\n",
    ],
)
def test_a_dropout_before_every_head(layers):
    assert findings(layers + HEADS) == []


def test_a_target_that_no_dropout_reaches():
    [finding] = findings(f"  - dense: {{name: right, from: a, units: 4}}\n  - dense: {{name: left, units: 4, dropout: 0.1}}\n{HEADS}")
    assert finding.code == "no-dropout"
    assert "the head of `z`" in finding.message
    assert "add `dropout: 0.1`" in finding.help
    assert finding.primary.span.start.line == 8


def test_all_such_targets_at_once():
    found = findings(f"  - dense: {{name: left, from: a, units: 4, dropout: 0.0}}\n  - dropout: {{name: right, rate: 0.0}}\n{HEADS}")
    assert [finding.message.split("`")[-2] for finding in found] == ["y", "z"], "a rate of 0 drops nothing"


def test_sizes_that_only_the_data_tells():
    """Before the data is read nothing can be said; then it is."""
    text = TEXT % (", c: category", f"  - dense: {{name: left, units: 4}}\n  - dense: {{name: right, units: 4}}\n{HEADS}")
    document = loads(text)
    facts = Facts({"a": InputFacts(1, 1), "c": InputFacts(1, 3, 3)}, {"y": TargetFacts(1), "z": TargetFacts(1)})
    with pytest.raises(SpecError) as error:
        build_graph(document, facts)
    assert [finding.code for finding in error.value.diagnostics] == ["no-dropout", "no-dropout"]


def test_nothing_is_asked_without_uncertainty():
    loads(
        (TEXT % ("", f"  - dense: {{name: left, units: 4}}\n  - dense: {{name: right, units: 4}}\n{HEADS}")).replace("mc_dropout", "null")
    )
