import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mlpspec.catalog import families
from mlpspec.catalog.option import options_of
from mlpspec.language.schema import spec_schema

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("variables", [True, False])
def test_the_schema_is_legal(variables):
    Draft202012Validator.check_schema(spec_schema(variables=variables))


def test_the_committed_schema_is_the_catalog_s():
    """`make generate` writes it."""
    committed = json.loads((ROOT / "schemas/mlpspec-1.schema.json").read_text())
    assert committed == json.loads(json.dumps(spec_schema(variables=True)))


def test_every_option_has_a_description():
    for family in families():
        for entry in family:
            for option in options_of(entry):
                assert option.doc.endswith((".", "?")), f"{family.noun} {entry.kind}.{option.key}"


def test_every_entry_s_example_is_valid():
    schema = spec_schema(variables=False)
    for name, definition in schema["$defs"].items():
        for example in definition.get("examples", ()):
            errors = list(Draft202012Validator({**definition, "$defs": schema["$defs"]}).iter_errors(example))
            assert not errors, f"{name}: {example}: {errors[0].message}"


def test_variables_may_stand_for_any_value_in_editors():
    spec = {
        "mlpspec": 1,
        "vars": {"w": 3},
        "inputs": {"x": "$input"},
        "targets": {"y": "category"},
        "model": [{"dense": {"units": "$w", "activation": "$a", "dropout": "$d"}}, {"head": "y"}],
        "training": {"epochs": "$e"},
    }
    assert Draft202012Validator(spec_schema(variables=True)).is_valid(spec)
    assert not Draft202012Validator(spec_schema(variables=False)).is_valid(spec)


def test_patterns_cannot_be_made_slow():
    """No nested quantifier, against texts that take Python's matcher exponential time."""
    import re

    text = json.dumps(spec_schema(variables=True))
    for pattern in set(re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', text)):
        assert not re.search(r"[+*}]\)[+*{]", pattern), pattern
