"""The clipping of a run: which function, over which weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from mlpspec.catalog.clippings.base import Clipping
from mlpspec.ir.lowering import Function
from mlpspec.pytorch.targets import resolve


@dataclass(frozen=True)
class Clip:
    """A function that changes gradients in place, and the names of the weights whose gradients it gets."""

    record: Function
    weights: frozenset[str]

    @classmethod
    def of(cls, entry: Clipping, module: nn.Module, heads: Iterable[str]) -> Clip:
        """That of a catalog entry over the weights of a module; `heads` are the names of its heads."""
        spared = tuple(f"{head}." for head in heads) if entry.spares_heads else ()
        return cls(entry.lower(), frozenset(name for name, _ in module.named_parameters() if not name.startswith(spared or ("\0",))))

    def __call__(self, module: nn.Module) -> None:
        """Clip the gradients of a module."""
        wanted = [weight for name, weight in module.named_parameters() if name in self.weights]
        resolve(self.record.target)(wanted, *self.record.args, **self.record.kwargs)
