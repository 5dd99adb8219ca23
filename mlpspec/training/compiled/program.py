"""A step as a list of calls on tensors that are made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True)
class Name:
    """A variable of the program: a tensor, a list of tensors, or the learning rate."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of an operator; `results` are the variables that hold what it returns, none where it writes into given tensors."""

    operator: torch._ops.OpOverload
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    results: tuple[Name, ...] = ()


Runner = Callable[[int, list[float], list[bool]], None]
"""Runs the first n steps of a block, with a learning rate for each and whether each is the very first."""

RATE, FIRST = Name("rate"), Name("first")
"""The learning rate of the step, and whether it is the very first one."""


@dataclass
class Program:
    """The calls of one step and the tensors they use.

    `tensors` are the same in each step; of each of `slots` the step number i of a block uses the tensor number i; `lists` are handed to
    operators as lists.
    """

    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    slots: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    lists: dict[str, list[torch.Tensor]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def tensor(self, tensor: torch.Tensor) -> Name:
        """A new variable for a tensor that all steps use."""
        return self._new(self.tensors, "t", tensor)

    def slot(self, tensors: Iterable[torch.Tensor]) -> Name:
        """A new variable for a tensor that differs from step to step."""
        return self._new(self.slots, "s", list(tensors))

    def list(self, tensors: Iterable[torch.Tensor]) -> Name:
        """A new variable for a list of tensors that all steps use."""
        return self._new(self.lists, "l", list(tensors))

    def _new(self, table: dict[str, Any], letter: str, value: Any) -> Name:
        name = f"{letter}{len(table)}"
        table[name] = value
        return Name(name)
