from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlpspec.training.compiled.losses import joining

OUTPUTS = {"y": torch.empty(8, 3)}
LABELS, NUMBERS = {"y": torch.arange(8) % 3}, {"y": torch.randn(8, 3)}


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        (functional.cross_entropy, LABELS, "mean"),
        (lambda o, t: functional.cross_entropy(o, t, weight=torch.tensor([1.0, 5.0, 2.0])), LABELS, None),
        (functional.mse_loss, NUMBERS, "mean"),
        (lambda o, t: functional.l1_loss(o, t, reduction="sum"), NUMBERS, "sum"),
        (lambda o, t: functional.mse_loss(o, t).sqrt(), NUMBERS, None),
        (lambda o, t: functional.mse_loss(o, t) + functional.mse_loss(o, t, reduction="sum"), NUMBERS, None),
    ],
)
def test_how_losses_of_batches_join(loss, targets, expected):
    assert joining(lambda o, t: loss(o["y"], t["y"]), OUTPUTS, targets) == expected


def test_a_root_never_passes_for_a_mean():
    # sqrt((a + b) / 2) and (sqrt(a) + sqrt(b)) / 2 differ by (a - b)^2 / (32 a^2), nothing that shows where a and b are close
    for seed in range(200):
        targets = {"y": torch.randn(8, 3, generator=torch.Generator().manual_seed(seed))}
        assert joining(lambda o, t: functional.mse_loss(o["y"], t["y"]).sqrt(), OUTPUTS, targets) is None
