from __future__ import annotations

import torch
from torch import nn

from mlpspec.training.compiled.passes.column_sums import multiply_instead_of_sum
from mlpspec.training.compiled.passes.noise import drop_noise


def test_gradients_of_biases_are_products(recorded):
    step = recorded(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    drop_noise(step.traced)
    multiply_instead_of_sum(step.traced)
    assert step.targets().count("aten.mv") == 2
    assert "aten.sum.dim_IntList" not in step.targets()
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients()[name], gradient)


def test_other_sums_stay(recorded):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 3))

        def forward(self, x):
            return (x[:, None] * self.weight).sum(1)

    step = recorded(nn.Linear(5, 3, bias=False), Scaled())
    drop_noise(step.traced)
    multiply_instead_of_sum(step.traced)
    assert "aten.mv" not in step.targets()
