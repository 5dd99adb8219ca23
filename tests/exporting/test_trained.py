"""The reference of the proof: what it allows, and what it gives up."""

import numpy as np
import pytest
import torch

from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.exporting.trained import trained, trained_answers

TEXT = """\
mlpspec: 1
inputs: {n: {numeric: {columns: [a, b], scale: none}}}
targets: {kind: category, price: numeric, weight: {numeric: {scale: log1p}}}
model:
  - dense: {units: 4, activation: relu, name: body}
  - head: kind
  - head: {target: price, from: body}
  - head: {target: weight, from: body}
"""


@pytest.fixture(scope="module")
def exported(export_untrained, frame):
    return export_untrained(TEXT, frame)


def reference(exported, rows):
    return trained(exported.module, exported.graph, exported.preprocessing, {"n": np.asarray(rows, np.float32)})


def test_the_answers_are_the_trained_pipelines(exported):
    rows = exported.rows
    expected = trained_answers(exported.module, exported.graph, exported.preprocessing, rows)
    found = trained(exported.module, exported.graph, exported.preprocessing, rows)
    assert found.answers.keys() == expected.keys()
    assert all((found.answers[name] == expected[name]).all() for name in expected)
    assert not found.unanswered.any()


def test_a_probability_has_the_plain_tolerance_and_what_rounding_adds(exported):
    found = reference(exported, [[1, 2], [3, 4]])
    p, allowed = found.answers["kind_probability"], found.allowed["kind_probability"]
    plain = ABSOLUTE + RELATIVE * np.abs(p)
    assert (allowed >= plain).all()
    assert (allowed < 1.1 * plain).all(), "float32 is far more exact than the tolerance"


def test_a_number_may_be_off_by_as_much_as_the_network_may(exported):
    """The tolerance of 0.00001 of a standard deviation is that many times the deviation in the target's own unit."""
    steps = {
        step.op: step.constants["values"][0] for step in exported.preprocessing.targets["price"].decode.steps if "values" in step.constants
    }
    deviation = steps["multiply"]
    assert deviation > 100, "this test needs a target of large numbers"
    found = reference(exported, exported.rows["n"])
    plain = ABSOLUTE * (1 + deviation) + RELATIVE * np.abs(found.answers["price"])
    np.testing.assert_allclose(found.allowed["price"], plain, rtol=0.2)


def test_numbers_that_all_but_cancel_are_not_asked_for_more_digits_than_they_have(exported):
    """w (1e9 + 1) - w 1e9: seven digits of float32 leave little of the difference."""
    with torch.no_grad():
        before = exported.module.body.linear.weight.clone()
        exported.module.body.linear.weight.copy_(torch.tensor([[1.1, -1.1]]).repeat(4, 1))
    try:
        found = reference(exported, [[1e9, 1e9 - 64], [1.0, 2.0]])
        far, near = found.allowed["kind_probability"]
        assert np.isinf(far).all()
        assert np.isfinite(near).all()
        assert found.unanswered.tolist() == [True, False]
    finally:
        with torch.no_grad():
            exported.module.body.linear.weight.copy_(before)


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, np.nan, np.inf])
def test_what_leaves_float32_has_no_answer(exported, value):
    assert reference(exported, [[value, 0], [1, 2]]).unanswered.tolist() == [True, False]


def test_the_module_stays_as_it_was(exported):
    before = {name: value.clone() for name, value in exported.module.state_dict().items()}
    modes = [layer.training for layer in exported.module.modules()]
    reference(exported, [[1, 2]])
    after = exported.module.state_dict()
    assert all(torch.equal(value, after[name]) and value.dtype == after[name].dtype for name, value in before.items())
    assert [layer.training for layer in exported.module.modules()] == modes
    assert not any(layer._forward_hooks for layer in exported.module.modules())
