"""How the loss of many rows follows from the losses of its batches: it can then be calculated once for a block of steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import torch

from mlpspec.training.alteration import MixedLoss
from mlpspec.training.losses import LossFunction

Joining = Literal["mean", "sum"]


def joining(loss: LossFunction, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]) -> Joining | None:
    """Whether the loss of two batches together is the mean of their losses or the sum; None where it is neither.

    It is tried with random outputs of the given shapes, the targets of a batch, and those of its first row over again: where classes weigh
    differently, the batches do too. The outputs of the second batch are larger, so that its loss is another: the root of a mean, say, looks
    like a mean itself where two losses are nearly equal.
    """
    if isinstance(loss, MixedLoss):  # each batch has shares of its own
        return None
    generator = torch.Generator().manual_seed(0)
    first, second = (
        {name: (size * torch.randn(output.shape, generator=generator)).to(output) for name, output in outputs.items()} for size in (1, 4)
    )
    both = {name: torch.cat([first[name], second[name]]) for name in outputs}
    others = {name: target[:1].expand(target.shape) for name, target in targets.items()}
    total = loss(first, targets).item() + loss(second, others).item()
    joined = loss(both, {name: torch.cat([targets[name], others[name]]) for name in targets}).item()
    if math.isclose(joined, total / 2, rel_tol=1e-4):
        return "mean"
    return "sum" if math.isclose(joined, total, rel_tol=1e-4) else None
