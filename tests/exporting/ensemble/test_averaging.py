from __future__ import annotations

import numpy as np

from mlpspec.data.operators import run_program
from mlpspec.exporting.ensemble.averaging import averaged_values, ensemble_target, member_target, member_value
from mlpspec.exporting.ensemble.members import load_ensemble


def test_numbers_have_means_and_classes_do_not(crossed):
    targets = load_ensemble(crossed, ()).members[0].whole.targets
    averaged = {name: set(averaged_values(target)) for name, target in targets.items()}
    assert averaged["kind"] == {"kind_probability"}
    assert averaged["tags"] == {"tags_probability"}
    assert averaged["price"] == {"price", "price_interval"}
    assert averaged["pair"] == {"pair"}
    assert "on_probability" in averaged["on"]
    for name, target in targets.items():
        assert {answer.name for answer in member_target(target).answers} == averaged[name]
        assert all(answer.type == "float32" for answer in member_target(target).answers)


def test_alike_members_answer_as_one(crossed):
    """The mean of equal answers is the answer."""
    targets = load_ensemble(crossed, ()).members[0].whole.targets
    random = np.random.default_rng(0)
    for target in targets.values():
        output = random.normal(size=(7, target.facts.outputs)).astype(np.float32)
        alone = run_program(target.decode, {target.decode.inputs[0]: output})
        member = run_program(member_target(target).decode, {target.decode.inputs[0]: output})
        both = {member_value(name, number): value for number in range(2) for name, value in member.items()}
        found = run_program(ensemble_target(target, 2).decode, both)
        assert found.keys() == alone.keys()
        for name, value in alone.items():
            np.testing.assert_array_equal(found[name], value)
