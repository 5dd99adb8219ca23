from __future__ import annotations

import torch
from torch import nn

from mlpspec.training.compiled.passes.noise import drop_noise


def test_drops_what_calculates_nothing_and_keeps_the_gradients(recorded):
    step = recorded(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    before = step.targets()
    assert "aten.detach" in before
    drop_noise(step.traced)
    assert "aten.detach" not in step.targets()
    # left are the two weights of the way forward and the two outer gradients, turned once
    assert step.targets().count("aten.t") == 4 < before.count("aten.t")
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients()[name], gradient)


def test_keeps_operators_that_write(recorded):
    step = recorded(nn.Linear(5, 3), nn.BatchNorm1d(3))
    drop_noise(step.traced)
    assert "aten.add_.Tensor" in step.targets()
