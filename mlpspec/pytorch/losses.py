"""Loss functions that PyTorch does not have: the lowering targets that begin with `losses`."""

from __future__ import annotations

import torch


def pinball(output: torch.Tensor, truth: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """max(q (y - f), (q - 1) (y - f)), averaged over everything.

    Args:
        output: (batch, columns * levels), the levels of a column side by side.
        truth: (batch, columns).
        levels: (levels,), the shares q.
    """
    error = truth.unsqueeze(-1) - output.unflatten(-1, (-1, levels.shape[0]))
    return torch.maximum(levels * error, (levels - 1) * error).mean()
