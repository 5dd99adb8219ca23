"""A part of the data as tensors on the device, batched by index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mlpspec.training.device import sent
from mlpspec.training.source import Allocate, Cut, Rows


@dataclass(frozen=True)
class Tensors:
    """Inputs in the order of the network's forward, targets by name; the first axis of each is the rows. A `Held` source."""

    rows: int
    inputs: tuple[torch.Tensor, ...]
    targets: Mapping[str, torch.Tensor]

    @classmethod
    def from_arrays(cls, inputs: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray], rows: int, device: torch.device) -> Tensors:
        """Move encoded arrays to the device once."""

        def move(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)

        return cls(rows, tuple(move(array) for array in inputs.values()), {name: move(array) for name, array in targets.items()})

    @property
    def all(self) -> tuple[torch.Tensor, ...]:
        """The inputs, then the targets."""
        return *self.inputs, *self.targets.values()

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.all[0].device

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return sum(tensor.nbytes for tensor in self.all)

    def to(self, device: torch.device) -> Tensors:
        """The same rows on a device."""
        return self.map(lambda tensor: tensor.to(device))

    def map(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Tensors:
        """As many rows of what `change` makes of each tensor."""
        return Tensors(self.rows, tuple(map(change, self.inputs)), {name: change(tensor) for name, tensor in self.targets.items()})

    def empty(self, rows: int, make: Allocate) -> Tensors:
        """Memory for so many rows of the same form."""

        def like(tensor: torch.Tensor) -> torch.Tensor:
            return make((rows, *tensor.shape[1:]), tensor.dtype)

        return Tensors(rows, tuple(map(like, self.inputs)), {name: like(tensor) for name, tensor in self.targets.items()})

    def pick(self, index: torch.Tensor) -> Rows:
        """The rows at `index`, (batch,) int64."""
        index = index.to(self.device)
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
            return Tensors(rows, *self.pick(torch.arange(rows, device=self.device) % self.rows))
        return Tensors(rows, tuple(tensor[:rows] for tensor in self.inputs), {name: tensor[:rows] for name, tensor in self.targets.items()})

    def visit(self, order: torch.Tensor | None, cuts: Sequence[Cut]) -> Generator[Picked | Stretch, None, None]:
        """A delivery for each cut of an order, or of the rows in their own."""
        there = None if order is None else sent(order, self.device)
        for cut in cuts:
            yield self.at(there, cut)

    def at(self, order: torch.Tensor | None, cut: Cut) -> Picked | Stretch:
        """The rows of a cut."""
        start, end = cut
        return Stretch(self.part(start, end)) if order is None else Picked(self, order[start:end])


@dataclass(frozen=True)
class Picked:
    """A delivery of rows that lie scattered in the device's memory."""

    data: Tensors
    index: torch.Tensor

    def take(self) -> Rows:
        """Copies of the rows."""
        return self.data.pick(self.index)

    def write(self, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor]) -> None:
        """Put them into memory."""
        for source, memory in zip(self.data.inputs, inputs, strict=True):
            torch.index_select(source, 0, self.index, out=memory)
        for name in self.data.targets.keys() & targets.keys():
            torch.index_select(self.data.targets[name], 0, self.index, out=targets[name])


@dataclass(frozen=True)
class Stretch:
    """A delivery of rows that lie one after another in the device's memory."""

    data: Tensors

    def take(self) -> Rows:
        """The rows where they are."""
        return self.data.inputs, dict(self.data.targets)

    def write(self, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor]) -> None:
        """Put them into memory."""
        for source, memory in zip(self.data.inputs, inputs, strict=True):
            memory.copy_(source)
        for name in self.data.targets.keys() & targets.keys():
            targets[name].copy_(self.data.targets[name])
