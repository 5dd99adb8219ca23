from __future__ import annotations

import hashlib
import json

import pytest

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.card import Value
from mlpspec.runtime.inspect import describe
from mlpspec.runtime.model_file import model_from_bytes


def test_our_model(mixed):
    found = describe(model_from_bytes(mixed, name="m.onnx"))
    assert found.path == "m.onnx"
    assert found.bytes == len(mixed)
    assert found.sha256 == hashlib.sha256(mixed).hexdigest()
    assert (found.ir_version, found.opsets) == (10, {"": 20, "ai.onnx.ml": 4})
    assert found.operators["ai.onnx.ml.LabelEncoder"] == 1
    assert found.inputs == (Value("size", "tensor(float)", ("batch", 2)), Value("island", "tensor(string)", ("batch", 1)))
    assert found.card is not None
    assert found.card.run["figures"] == {"validation": {"loss": 0.5}}
    assert json.loads(json.dumps(found.to_json()))["card"]["spec"] == "mlpspec: 1\n"


def test_foreign_model_is_still_shown(make):
    found = describe(model_from_bytes(make.model_bytes(make.mixed_graph(), {})))
    assert found.card is None
    assert "not exported by mlpspec" in found.no_card
    assert [value.name for value in found.outputs] == ["species", "species_probability"]


def test_refused_model(make):
    with pytest.raises(ModelFileError):
        describe(model_from_bytes(make.model_bytes(make.mixed_graph(), {}, ir_version=99)))
