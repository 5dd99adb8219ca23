from __future__ import annotations

import pytest
import torch
from sklearn.metrics import mean_pinball_loss

from mlpspec.pytorch.losses import pinball
from mlpspec.pytorch.targets import resolve


def test_pinball_like_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    output, truth = torch.randn(30, 6, generator=generator), torch.randn(30, 2, generator=generator)
    found = pinball(output, truth, torch.tensor([0.1, 0.5, 0.9]))
    losses = [mean_pinball_loss(truth, output[:, [place, 3 + place]], alpha=q) for place, q in enumerate((0.1, 0.5, 0.9))]
    assert found.item() == pytest.approx(sum(losses) / 3)
    assert resolve("losses.pinball") is pinball


def test_pinball_pulls_by_the_level():
    output = torch.zeros(4, 1, requires_grad=True)
    pinball(output, torch.tensor([[1.0], [1.0], [-1.0], [0.0]]), torch.tensor([0.9])).backward()
    assert output.grad is not None
    torch.testing.assert_close(output.grad[:3], torch.tensor([[-0.9], [-0.9], [0.1]]) / 4)
