"""Memory for the rows of a block of steps, and how it is filled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import torch

from mlpspec.training.division import Division
from mlpspec.training.source import Delivery
from mlpspec.training.tensors import Tensors

Change = Callable[[int, Sequence[torch.Tensor], Mapping[str, torch.Tensor]], None]
"""Changes the rows of step number i of a block in place: its inputs, and its targets by name."""


class BlockRows:
    """The rows of the steps of a block, one step's behind another's.

    A process alone learns from all rows. Where rows are altered before a step learns from them, each process has all of them, as they may
    be mixed with one another.

    Attributes:
        inputs: those that this process learns from, (steps * own rows, ...) each.
        targets: theirs.
        everyone: targets of all rows of the steps, those that a step reads, (steps * rows, ...) each.
        labels: the names of those among `everyone` that are not in a delivery.

    Args:
        example: the rows of a step, all of them.
        division: which of them this process learns from.
        steps: how many steps a block has.
        read: the names of targets that a step reads of all rows.
        altered: whether rows are altered.
    """

    def __init__(self, example: Tensors, division: Division, steps: int, *, read: Collection[str] = (), altered: bool = False):
        self.division, self.steps, self.batch, self.whole = division, steps, division.rows, sum(division.whole)
        self.inputs = [self._like(tensor, self.batch) for tensor in example.inputs]
        self.targets = {name: self._like(tensor, self.batch) for name, tensor in example.targets.items()}
        self.gathers_all = altered and division.is_divided
        if not division.is_divided:
            self._all, self.everyone = self.inputs, self.targets
        else:
            self._all = [self._like(tensor, self.whole) for tensor in example.inputs] if altered else []
            wanted = example.targets.keys() if altered else read
            self.everyone = {name: self._like(example.targets[name], self.whole) for name in wanted}
        self.labels = () if altered or not division.is_divided else tuple(self.everyone)

    def _like(self, tensor: torch.Tensor, rows: int) -> torch.Tensor:
        return torch.zeros(self.steps * rows, *tensor.shape[1:], dtype=tensor.dtype, device=tensor.device)

    def by_step(self, memory: torch.Tensor) -> Sequence[torch.Tensor]:
        """The part of each step."""
        return memory.view(self.steps, memory.shape[0] // self.steps, *memory.shape[1:]).unbind()

    def wanted(self, order: torch.Tensor) -> torch.Tensor:
        """Which rows a delivery must have, given all rows of some steps, one step's behind another's."""
        return order if self.gathers_all else self.division.take(order.view(-1, self.whole), 1).reshape(-1)

    def fill(self, delivery: Delivery, steps: int, change: Change | None, labels: Mapping[str, torch.Tensor]) -> None:
        """Put rows into memory.

        Args:
            delivery: the `wanted` rows.
            steps: how many steps are to be done.
            change: alters the rows of each step.
            labels: the targets of all rows of these steps that `labels` names.
        """
        inputs, targets = (self._all, self.everyone) if self.gathers_all else (self.inputs, self.targets)
        rows = steps * (self.whole if self.gathers_all else self.batch)
        delivery.write([memory[:rows] for memory in inputs], {name: memory[:rows] for name, memory in targets.items()})
        if change is not None:
            every = [self.by_step(memory) for memory in inputs], {name: self.by_step(memory) for name, memory in targets.items()}
            for number in range(steps):
                change(number, [parts[number] for parts in every[0]], {name: parts[number] for name, parts in every[1].items()})
        if self.gathers_all:
            for own, everyone in zip(self.inputs, self._all, strict=True):
                self._take(own, everyone, steps)
            for name, own in self.targets.items():
                self._take(own, self.everyone[name], steps)
        for name in self.labels:
            self.everyone[name][: steps * self.whole].copy_(labels[name])

    def _take(self, own: torch.Tensor, everyone: torch.Tensor, steps: int) -> None:
        """Copy this process's rows."""
        every = everyone.view(self.steps, self.whole, *everyone.shape[1:])[:steps]
        own.view(self.steps, self.batch, *own.shape[1:])[:steps].copy_(self.division.take(every, 1))
