"""Clippings of gradients that PyTorch does not have."""

from __future__ import annotations

from collections.abc import Iterable

import torch

LEAST = 1e-12
"""What a norm of zero is divided by."""


@torch.no_grad()
def clip_grad_adaptive_(parameters: Iterable[torch.Tensor], ratio: float, eps: float) -> None:
    """Let the gradient of each unit (a row of a matrix, a whole vector) be at most `ratio` times the norm of its weights, in place.

    Source: Brock et al. 2021, equation 3.
    """
    for parameter in parameters:
        if parameter.grad is not None:
            axes = unit_axes(parameter)
            largest = torch.linalg.vector_norm(parameter, 2, axes, keepdim=True).clamp_min_(eps).mul_(ratio)
            norm = torch.linalg.vector_norm(parameter.grad, 2, axes, keepdim=True).clamp_min_(LEAST)
            parameter.grad.mul_(largest.div_(norm).clamp_max_(1.0))


def unit_axes(weight: torch.Tensor) -> list[int]:
    """The axes within a unit: all but the first, or all of a vector.

    >>> unit_axes(torch.ones(3, 4)), unit_axes(torch.ones(3))
    ([1], [0])
    """
    return list(range(min(1, weight.dim() - 1), weight.dim()))
