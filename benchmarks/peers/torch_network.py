"""A workload's network in PyTorch, as one writes it."""

from __future__ import annotations

from itertools import pairwise

import torch
from peers.workloads import EMBEDDING, Workload
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


class Block(nn.Module):
    """One block of the workload."""

    def __init__(self, workload: Workload, width_in: int, width: int):
        super().__init__()
        parts: list[nn.Module] = [nn.Linear(width_in, width)]
        if workload.batchnorm:
            parts.append(nn.BatchNorm1d(width))
        if workload.layernorm:
            parts.append(nn.LayerNorm(width))
        parts.append(ACTIVATIONS[workload.activation]())
        if workload.dropout:
            parts.append(nn.Dropout(workload.dropout))
        self.parts = nn.Sequential(*parts)
        self.residual = workload.residual and width_in == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, width_in) to (batch, width)."""
        return self.parts(x) + x if self.residual else self.parts(x)


def network(workload: Workload) -> nn.Sequential:
    """The embedding where there is one, all blocks, and the last linear layer."""
    first = [nn.Embedding(workload.vocabulary, EMBEDDING), nn.Flatten()] if workload.vocabulary else []
    widths = [workload.inputs * (EMBEDDING if first else 1), *workload.widths]
    blocks = [Block(workload, before, width) for before, width in pairwise(widths)]
    return nn.Sequential(*first, *blocks, nn.Linear(widths[-1], workload.outputs))
