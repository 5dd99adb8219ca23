"""How the rows of a step are divided among the processes that learn from it together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import torch

from mlpspec.training.accumulation import Piece, cuts, divisible, pieces
from mlpspec.training.batches import Form
from mlpspec.training.group import ALONE, Group
from mlpspec.training.losses import LossFunction

LEAST_ROWS = 2
"""Batch norm has no variance over fewer."""


@dataclass(frozen=True)
class Division:
    """What one process calculates of a step: a part of each of its batches, one after another.

    Parts differ by one row at most. Where a batch has less than two rows for each process the step is not divided: each calculates all of
    it, and its gradients count with the reciprocal of their number.

    Args:
        whole: the rows of each batch of the step.
        group: the processes, and which of them this is.

    >>> division = Division((11, 9), Group(rank=1, size=2))
    >>> division.own, division.rows, division.take(torch.arange(20)).tolist()
    ((6, 5), 11, [5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 19])
    >>> Division((11, 3), Group(rank=1, size=2)).own
    (11, 3)
    """

    whole: Form
    group: Group = ALONE

    @property
    def is_divided(self) -> bool:
        """Whether this process calculates less than all."""
        return self.group.size > 1 and min(self.whole) >= LEAST_ROWS * self.group.size

    @property
    def parts(self) -> Form:
        """The rows of all parts: those of the first batch, one for each process, then those of the second."""
        size = self.group.size
        return tuple(rows * (part + 1) // size - rows * part // size for rows in self.whole for part in range(size))

    @property
    def own(self) -> Form:
        """How many rows of each batch this process calculates."""
        return self.parts[self.group.rank :: self.group.size] if self.is_divided else self.whole

    @property
    def rows(self) -> int:
        """How many rows of the step this process calculates."""
        return sum(self.own)

    @property
    def weight(self) -> float:
        """What the gradients of this process's rows, as they are by themselves, count in the sum over the processes."""
        return 1.0 if self.is_divided else 1 / self.group.size

    def take(self, rows: torch.Tensor, axis: int = 0) -> torch.Tensor:
        """This process's among all rows of a step, which lie along an axis: a view where the step is one batch."""
        if not self.is_divided:
            return rows
        ends = list(accumulate(self.parts))[self.group.rank :: self.group.size]
        found = [rows.narrow(axis, end - length, length) for end, length in zip(ends, self.own, strict=True)]
        return found[0] if len(found) == 1 else torch.cat(found, axis)

    def pieces(
        self,
        loss: LossFunction,
        inputs: Sequence[torch.Tensor],
        targets: Mapping[str, torch.Tensor],
        everyone: Mapping[str, torch.Tensor],
    ) -> Iterator[Piece]:
        """The batches of this process. Over all processes the sum of their losses is the loss of all rows, and so are the gradients.

        Args:
            loss: of outputs and targets.
            inputs: of this process's rows.
            targets: of this process's rows.
            everyone: the targets of all rows; classes may weigh differently.

        Raises:
            NotImplementedError: for a loss that cannot be divided.
        """
        if self.is_divided:
            loss, truths = divisible(loss), [{name: target[cut] for name, target in everyone.items()} for cut in cuts(self.parts)]
            shares = loss.shares(truths)[self.group.rank :: self.group.size]
            for cut, share in zip(cuts(self.own), shares, strict=True):
                truth = {name: target[cut] for name, target in targets.items()}
                yield Piece(tuple(tensor[cut] for tensor in inputs), partial(loss, truths=truth, shares=share))
            return
        for piece in pieces(loss, inputs, targets, self.whole):
            yield piece if self.weight == 1.0 else Piece(piece.inputs, lambda outputs, part=piece.loss: part(outputs) * self.weight)
