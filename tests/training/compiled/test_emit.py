"""The two forms of a program calculate the same bits, and the second stands in when TorchScript is gone."""

from __future__ import annotations

import pytest
import torch

from mlpspec.training.compiled import emit as emitting
from mlpspec.training.compiled.emit import emit, emit_python, emit_script
from mlpspec.training.compiled.program import RATE, Call, Name, Program

aten = torch.ops.aten


def descent():
    """x := x - rate * (x - target), with a list update, a fresh result and an empty list among the arguments."""
    program = Program()
    x = torch.tensor([4.0, -2.0])
    weight, difference = program.tensor(x), program.tensor(torch.zeros(2))
    target = program.slot([torch.zeros(2), torch.ones(2), torch.full((2,), 2.0)])
    fresh = Name("f1")
    program.calls = [
        Call(aten.sub.out, (weight, target), {"out": difference}),
        Call(aten.clone.default, (difference,), {}, (fresh,)),
        Call(aten.sub_.Tensor, (weight, fresh), {"alpha": RATE}),
        Call(aten.sum.IntList_out, (weight, [], False), {"out": program.tensor(torch.zeros(()))}),
    ]
    return program, x


@pytest.mark.parametrize("form", [emit_script, emit_python])
def test_runs_as_many_steps_as_asked(form):
    program, x = descent()
    run = form(program)
    with torch.inference_mode():
        run(2, [0.5, 0.25, 0.1], [True, False, False])
    # by hand: 4 -> 2 -> 1.75; -2 -> -1 -> -0.5
    assert x.tolist() == [1.75, -0.5]


def test_updates_of_lists_are_not_taken_for_dead():
    # torch's optimizer for TorchScript removes an operator without results whose lists are made on the spot
    for form in (emit_script, emit_python):
        program, weight = Program(), torch.ones(3)
        lists = [program.list([tensor]) for tensor in (weight, torch.ones(3), torch.zeros(3), torch.zeros(3))]
        number = program.tensor(torch.ones(()))
        options = {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.0, "eps": 1e-8, "amsgrad": False, "maximize": False}
        program.calls = [Call(aten._fused_adam_.default, (*lists, program.list([]), [number]), {"lr": RATE, **options})]
        with torch.inference_mode():
            form(program)(1, [0.1], [True])
        torch.testing.assert_close(weight, torch.full((3,), 0.9))  # Adam's first step is the learning rate


def test_says_which_form_it_is(monkeypatch):
    assert emit(descent()[0])[1] == "TorchScript"

    def gone(program):
        raise AttributeError("module 'torch.jit' has no attribute 'CompilationUnit'")

    monkeypatch.setattr(emitting, "emit_script", gone)
    run, form = emit(descent()[0])
    assert form == "Python"
    run(1, [0.5], [True])


def test_numbers_that_text_cannot_hold():
    program = Program()
    x = torch.tensor([1.0, -3.0])
    program.calls = [Call(aten.clamp_.default, (program.tensor(x), float("-inf"), 0.5))]
    for form in (emit_script, emit_python):
        form(program)(1, [0.0], [False])
        assert x.tolist() == [0.5, -3.0]
