"""Memory for results inside a step, made once and used again as soon as nobody reads what it held."""

from __future__ import annotations

import torch


class Pool:
    """Pieces of memory by dtype; `bytes` is all that was ever made."""

    def __init__(self, device: torch.device):
        self.device = device
        self.bytes = 0
        self._free: list[torch.Tensor] = []

    def take(self, numel: int, dtype: torch.dtype) -> torch.Tensor:
        """A flat tensor of at least `numel` numbers: the smallest free one that is not more than twice as large, else a new one."""
        fitting = [piece for piece in self._free if piece.dtype == dtype and numel <= piece.numel() <= 2 * numel]
        if fitting:
            piece = min(fitting, key=torch.Tensor.numel)
            self._free = [other for other in self._free if other is not piece]
            return piece
        self.bytes += numel * dtype.itemsize
        return torch.zeros(numel, dtype=dtype, device=self.device)

    def give(self, piece: torch.Tensor) -> None:
        """Let the next one have it."""
        self._free.append(piece)
