"""A part of the data as tensors on the device, batched by index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Tensors:
    """Inputs in the order of the network's forward, targets by name; the first axis of each is the rows."""

    rows: int
    inputs: tuple[torch.Tensor, ...]
    targets: Mapping[str, torch.Tensor]

    @classmethod
    def from_arrays(cls, inputs: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray], rows: int, device: torch.device) -> Tensors:
        """Move encoded arrays to the device once."""

        def move(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)

        return cls(rows, tuple(move(array) for array in inputs.values()), {name: move(array) for name, array in targets.items()})

    def pick(self, index: torch.Tensor) -> tuple[tuple[torch.Tensor, ...], dict[str, torch.Tensor]]:
        """The rows at `index`, (batch,) int64 on the same device."""
        return (
            tuple(tensor.index_select(0, index) for tensor in self.inputs),
            {name: tensor.index_select(0, index) for name, tensor in self.targets.items()},
        )

    def part(self, start: int, end: int) -> Tensors:
        """The rows from `start` to before `end`."""
        targets = {name: tensor[start:end] for name, tensor in self.targets.items()}
        return Tensors(end - start, tuple(tensor[start:end] for tensor in self.inputs), targets)

    def head(self, rows: int) -> Tensors:
        """The first rows; from the first on again where there are too few."""
        if rows > self.rows:
            device = next(iter(self.targets.values())).device
            return Tensors(rows, *self.pick(torch.arange(rows, device=device) % self.rows))
        return Tensors(rows, tuple(tensor[:rows] for tensor in self.inputs), {name: tensor[:rows] for name, tensor in self.targets.items()})
