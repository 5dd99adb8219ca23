from __future__ import annotations

import pytest

from mlpspec.compiler import load, loads
from mlpspec.tuning.best_spec import best_spec

VALUES = {"model.0.dense.units": 5, "training.optimizer.adam.learning_rate": 0.0123456, "model.0.dense.activation": "tanh"}


def test_the_author_s_text_with_other_values(tuned, document, space):
    one = document()
    text, own = best_spec(one, space(one), VALUES, tuned / "other" / "best.yaml")
    assert own
    expected = (tuned / "spec.yaml").read_text()
    expected = expected.replace("units: 8, activation: relu", "units: 5, activation: tanh").replace("path: table.csv", "path: ../table.csv")
    expected = expected.replace("  epochs: 3", "  optimizer: {adam: {learning_rate: 0.01235}}\n  epochs: 3")
    assert text == expected
    (tuned / "other").mkdir()
    (tuned / "other" / "best.yaml").write_text(text)
    again = load(tuned / "other" / "best.yaml", allow_outside=True)
    assert again.spec.training.optimizer.learning_rate == 0.01235


def test_settings_are_written_too_and_the_name_stays(tuned, document, space):
    path = tuned / "spec.yaml"
    path.write_text(path.read_text().replace("name: small\n", ""))
    one = document("training.epochs=9")
    text, own = best_spec(one, space(one), VALUES, tuned / "best.yaml")
    assert own
    spec = loads(text, name="best.yaml", folder=tuned).spec
    assert (spec.name, spec.training.epochs, spec.data.path) == ("spec", 9, "table.csv")


def test_a_value_that_others_use_leads_to_the_resolved_spec(tuned, space):
    path = tuned / "spec.yaml"
    layer = "{units: 8, activation: relu}"
    text = path.read_text().replace(f"  - dense: {layer}\n", f"  - dense: &d {layer}\n  - dense: *d\n")
    path.write_text(text)
    one = load(path)
    found, own = best_spec(one, space(one), VALUES, tuned / "best.yaml")
    assert not own
    spec = loads(found, folder=tuned).spec
    assert [layer.units for layer in spec.model[:2]] == [5, 8]
    assert spec.name == "small"


@pytest.mark.parametrize("path", ["$file", "table.csv"])
def test_the_data_is_found_from_the_new_place(tuned, space, path):
    spec = tuned / "spec.yaml"
    text = spec.read_text().replace("path: table.csv", f"path: {path}")
    spec.write_text(text.replace("name: small", "name: small\nvars: {file: table.csv}"))
    one = load(spec)
    found, _ = best_spec(one, space(one), VALUES, tuned / "a" / "b" / "best.yaml")
    assert loads(found, folder=tuned / "a" / "b", allow_outside=True).spec.data.path == "../../table.csv"
