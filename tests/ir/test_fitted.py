import json

import pytest

from mlpspec.ir.facts import InputFacts, TargetFacts
from mlpspec.ir.fitted import Answer, FittedInput, FittedTarget, Preprocessing
from mlpspec.ir.program import Chain


@pytest.fixture
def preprocessing():
    numeric = FittedInput(
        "size", "numeric", ("a", "b"), "float32", Chain("size").then("subtract", values=[1.0, 2.0]).program(), InputFacts(2, 2)
    )
    image = FittedInput(
        "x", "tensor", ("x",), "float32", Chain("x").then("identity").program(), InputFacts(1, 64, shape=(8, 8)), shape=(8, 8)
    )
    answer = Chain("output").then("softmax")
    label = answer.step("take", answer.step("argmax", answer.last), values=["no", "yes"])
    encode = Chain("raw").then("lookup", columns=1, column=0, keys=["no", "yes"], values=[0, 1], default=-1).program()
    target = FittedTarget(
        name="y",
        kind="category",
        columns=("y",),
        type="string",
        encode=encode,
        decode=answer.program(label, answer.last),
        facts=TargetFacts(2, 2),
        answers=(Answer("y", "label", "string"), Answer("y_probability", "probability", "float32", ("no", "yes"))),
        restore=Chain("truth").then("identity").program(),
        prediction=label,
        classes=("no", "yes"),
        weights=(0.5, 2.0),
    )
    return Preprocessing({"size": numeric, "x": image}, {"y": target}, ("", "NA"))


def test_preprocessing_survives_json(preprocessing):
    assert Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json()))) == preprocessing


def test_facts_are_gathered_by_name(preprocessing):
    assert preprocessing.facts.inputs["x"].shape == (8, 8)
    assert preprocessing.facts.targets["y"].outputs == 2


def test_a_newer_format_is_refused(preprocessing):
    with pytest.raises(ValueError, match="format 2"):
        Preprocessing.from_json({**preprocessing.to_json(), "format": 2})
