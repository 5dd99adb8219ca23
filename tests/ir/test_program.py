import json

import pytest

from mlpspec.ir.program import Chain, Program


def test_a_chain_links_each_step_to_the_one_before():
    chain = Chain("x")
    missing = chain.step("is_missing", "x")
    chain.then("fill_missing", values=[0.5]).then("subtract", values=[1.0])
    chain.last = chain.step("concat", chain.last, missing)
    program = chain.program()
    assert [(step.op, step.inputs) for step in program.steps] == [
        ("is_missing", ("x",)),
        ("fill_missing", ("x",)),
        ("subtract", ("x.2",)),
        ("concat", ("x.3", "x.1")),
    ]
    assert program.outputs == ("x.4",)


def test_a_program_survives_json():
    program = Chain("x").then("lookup", columns=1, column=0, keys=["a", "b"], values=[1, 2], default=0).then("one_hot", depth=2).program()
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


def test_json_of_another_form_is_refused():
    with pytest.raises(KeyError):
        Program.from_json({"inputs": ["x"], "steps": []})
