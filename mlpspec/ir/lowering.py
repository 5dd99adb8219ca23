"""Lowering records: what a layer becomes in PyTorch, as data. `pytorch/module.py` builds from them, `pytorch/source.py` prints them.

A target such as `nn.Linear` is a name in PyTorch (`nn.`, `F.`, `torch.`, `nn.init.`, `operator.`) or, without a dot, a class of
`pytorch/modules.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlpspec.ir.shape import Dim, known


@dataclass(frozen=True)
class Init:
    """Fill a weight in place: `nn.init.normal_(weight, std=0.01)`."""

    target: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A module made once and called on the layer's inputs: `nn.Linear(4, 64)`.

    `weights` names its trainable tensors with their shapes; `initial` says how they are filled where PyTorch's default is not wanted.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    initial: Mapping[str, Init] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """Named modules called one after the other (`nn.Sequential`)."""

    parts: Mapping[str, Module]


@dataclass(frozen=True)
class Input:
    """Stands for the layer's input number `index` in the arguments of a `Function`."""

    index: int = 0


@dataclass(frozen=True)
class Inputs:
    """Stands for the list of all inputs of the layer in the arguments of a `Function`."""


@dataclass(frozen=True)
class Constant:
    """Stands for a tensor of these numbers in the arguments of a loss's `Function`."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Function:
    """A function of the inputs without weights: `torch.cat([a, b], dim=-1)`."""

    target: str
    args: tuple[Any, ...] = (Input(),)
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fold:
    """A two-argument operator over all inputs from the left: `a + b + c`. `target` is a name in `operator`."""

    target: str


@dataclass(frozen=True)
class Reuse:
    """Call the module of the node `node` again: shared weights."""

    node: str


Lowering = Module | Stack | Function | Fold | Reuse


def weights(lowering: Lowering) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The trainable tensors of a record, names relative to the layer, with their shapes."""
    if isinstance(lowering, Module):
        yield from lowering.weights.items()
    elif isinstance(lowering, Stack):
        for name, part in lowering.parts.items():
            for weight, shape in part.weights.items():
                yield f"{name}.{weight}", shape


def parameter_count(lowering: Lowering) -> int:
    """How many numbers the record learns."""
    return sum(math.prod(shape) for _, shape in weights(lowering))


def sizes(*dims: Dim) -> tuple[int, ...]:
    """The sizes as numbers, for the arguments of a record; `UnknownSize` where the data must be read first."""
    return tuple(known(dim) for dim in dims)
