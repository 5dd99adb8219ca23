from pathlib import Path

import pytest

from mlpspec.compiler import load, loads
from mlpspec.training.resolved_spec import resolved_spec

ROOT = Path(__file__).parents[2]
START = "mlpspec: 1\n"
REST = "targets: {y: category}\nmodel: [{dense: 8}, {head: y}]\n"


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_specs_of_this_repository_are_read_back_as_they_were(path):
    document = load(path)
    again = loads(resolved_spec(document), folder=document.folder, allow_outside=True)
    assert again.spec == document.spec
    assert resolved_spec(again) == resolved_spec(document)


TEXTS = ["1e3", "1E-3", ".5e3", "08", "0o17", "1_000", "1:30", "no", "True", "null", "~", "2024-01-01", "$x", "$$", "=", "<<", "a: b", "#"]


@pytest.mark.parametrize(
    "text", [*TEXTS, " ", "é", "a\u00a0b", "\u2028", "\x7f", "\t", "'", '"', "\\", "a\nb", "\U0001f600", "- a", "0x1F"]
)
def test_texts_stay_texts(text):
    written = START + f"inputs: {{x: {{category: {{columns: {quoted(text)}, categories: [{quoted(text)}, other]}}}}}}\n" + REST
    spec = loads(written).spec
    assert spec.inputs["x"].columns == (text,)
    again = loads(resolved_spec(loads(written))).spec
    assert again == spec
    assert again.inputs["x"].categories == (text, "other")


def quoted(text):
    import json

    return json.dumps("$" + text if text.startswith("$") else text, ensure_ascii=max(text) < "\uffff")


@pytest.mark.parametrize(
    "data",
    [
        "data: {path: t.csv, split: {column: part}}\n",
        "data: {train: a.csv, validation: b.csv, test: c.csv}\n",
        "data: {train: a.csv}\n",
        "data: {path: t.csv, split: {train: 0.5, validation: 0.5, test: 0, seed: 3}}\n",
        "data: {path: t.csv, missing: ['', NA, '1e3']}\n",
        "",
    ],
)
def test_every_way_of_naming_data_is_read_back(data):
    document = loads(START + data + "inputs: {x: numeric}\n" + REST)
    assert loads(resolved_spec(document)).spec == document.spec


def test_settings_and_variables_are_in_it():
    text = START + "vars: {width: 3}\ninputs: {x: numeric}\ntargets: {y: category}\nmodel: [{dense: $width}, {head: y}]\n"
    resolved = resolved_spec(loads(text, settings=["vars.width=7", "training.epochs=4"]))
    assert "units: 7" in resolved
    assert "epochs: 4" in resolved


def test_numbers_are_written_exactly():
    text = (
        START + "inputs: {x: numeric}\n" + REST + "training: {optimizer: {adam: {learning_rate: 0.1234567890123456789, epsilon: 1e-300}}}\n"
    )
    spec = loads(text).spec
    assert loads(resolved_spec(loads(text))).spec.training.optimizer == spec.training.optimizer
