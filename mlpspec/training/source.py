"""Where a step gets its rows from: on the device already, or on their way to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Generator

    from mlpspec.training.tensors import Tensors

Cut = tuple[int, int]
"""A stretch of an order of rows: where it begins and ends."""

Rows = tuple[tuple[torch.Tensor, ...], dict[str, torch.Tensor]]
"""Inputs in the order of the network's, (rows, ...) each, and targets by name."""

Allocate = Callable[[Sequence[int], torch.dtype], torch.Tensor]
"""Makes memory of a shape and a type."""


class Delivery(Protocol):
    """The rows of one cut, ready to be used. They are there until the next delivery is asked for."""

    def take(self) -> Rows:
        """Them; the receiver may change them, unless the rows were visited in their own order."""
        ...

    def write(self, inputs: Sequence[torch.Tensor], targets: Mapping[str, torch.Tensor]) -> None:
        """Put them into memory that holds so many rows, (rows, ...) each; of the targets those that have a name there."""
        ...


class Source(Protocol):
    """Encoded rows. Whoever has them decides where they are kept and how they come; a step sees deliveries."""

    @property
    def rows(self) -> int:
        """How many there are."""
        ...

    @property
    def targets(self) -> Mapping[str, torch.Tensor]:
        """The targets of all rows, wherever they are."""
        ...

    def head(self, rows: int) -> Tensors:
        """The first rows, on the device; from the first on again where there are too few."""
        ...

    def part(self, start: int, end: int) -> Source:
        """The rows from `start` to before `end`."""
        ...

    def pick(self, index: torch.Tensor) -> Rows:
        """The rows at `index`, (batch,) int64, on the device."""
        ...

    def visit(self, order: torch.Tensor | None, cuts: Sequence[Cut]) -> Generator[Delivery, None, None]:
        """A delivery for each cut of an order: of the rows at `order[start:end]`, or from `start` to `end` in their own order.

        All that will be asked for is known at once, so that rows can be fetched while others are learnt from. Close it when done early.
        """
        ...


class Held(Source, Protocol):
    """Rows that this process can read, in main memory or in files: they can be written into memory, and sent from there."""

    def part(self, start: int, end: int) -> Held:
        """The rows from `start` to before `end`."""
        ...

    def at(self, order: torch.Tensor | None, cut: Cut) -> Delivery:
        """The rows of a cut, which are read when they are taken or written."""
        ...

    def empty(self, rows: int, make: Allocate) -> Tensors:
        """Memory for so many rows of their form."""
        ...
