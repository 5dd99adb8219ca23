import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

REST = "model: [{dense: {units: 4, name: body}}, {head: y}, {head: {target: z, from: body}}]\n"


def findings(inputs, targets, rest=REST):
    try:
        loads(f"mlpspec: 1\ninputs: {{{inputs}}}\ntargets: {{{targets}}}\n{rest}")
    except SpecError as error:
        return [finding for finding in error.diagnostics if finding.code == "duplicate-name"]
    return []


@pytest.mark.parametrize("name", ["y", "z", "y_probability", "z_interval"])
def test_an_input_with_the_name_of_an_answer(name):
    """Both would be values of the one graph of the model file."""
    [finding] = findings(f"{name}: {{numeric: a}}, b: numeric", "y: category, z: numeric")
    assert f"`{name}`" in finding.message
    assert finding.help.startswith("give the input another name")
    assert finding.secondary


@pytest.mark.parametrize("name", ["y_interval", "z_probability", "x_probability"])
def test_names_that_no_answer_has(name):
    assert findings(f"{name}: {{numeric: a}}, b: numeric", "y: category, z: numeric") == []


def test_a_target_with_the_name_of_anothers_answer():
    rest = "model: [{dense: {units: 4, name: body}}, {head: y}, {head: {target: y_probability, from: body}}]\n"
    [finding] = findings("b: numeric", "y: binary, y_probability: numeric", rest)
    assert finding.help.startswith("give the target another name")


@pytest.mark.parametrize(("asked", "count"), [("mc_dropout", 1), ("null", 0)])
@pytest.mark.parametrize("name", ["y_deviation", "y_entropy", "z_deviation"])
def test_names_of_spreads_are_taken_when_they_are_asked_for(name, asked, count):
    rest = REST.replace("units: 4", "units: 4, dropout: 0.5") + f"export: {{uncertainty: {asked}}}\n"
    assert len(findings(f"{name}: {{numeric: a}}, b: numeric", "y: category, z: numeric", rest)) == count
