from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from mlpspec.training.compiled.passes.fold import fold_constants
from mlpspec.training.compiled.passes.noise import drop_noise


def test_the_seed_of_the_gradient_is_calculated_once(recorded):
    def loss(output, truth):
        return torch.stack([0.25 * functional.mse_loss(output, truth), functional.l1_loss(output, truth)]).sum()

    step = recorded(nn.Linear(5, 3), loss=loss)
    step.traced.drop_loss()
    drop_noise(step.traced)
    assert "aten.ones_like" in step.targets()
    fold_constants(step.traced)
    assert not {"aten.ones_like", "aten.expand", "aten.unbind.int", "aten.stack"} & set(step.targets())
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients()[name], gradient)


def test_what_is_written_to_later_is_not_a_constant(recorded):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return x * self.scale + torch.zeros(3).add_(2.0).add_(x.detach().mean())

    step = recorded(nn.Linear(5, 3), Counting())
    drop_noise(step.traced)
    fold_constants(step.traced)
    assert step.targets().count("aten.add_.Tensor") == 2
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients()[name], gradient)
