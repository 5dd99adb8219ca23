"""Lowering records made real with plain PyTorch, independent of the compiler's own builder."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import Option, options_of
from mlpspec.ir.lowering import Constant, Fold, Function, Init, Input, Inputs, Lowering, Module, Stack
from mlpspec.pytorch import losses, modules


def _named(target: str) -> Any:
    return eval(target, {"nn": nn, "F": functional, "torch": torch, "operator": operator, "losses": losses, **vars(modules)})


def _fill(weight: torch.Tensor, init: Init) -> None:
    with torch.no_grad():
        _named(init.target)(weight, **init.kwargs)


def _module(record: Module) -> nn.Module:
    made = _named(record.target)(*record.args, **record.kwargs)
    assert {name: tuple(w.shape) for name, w in made.named_parameters()} == dict(record.weights)
    for name, init in record.initial.items():
        _fill(made.get_parameter(name), init)
    return made


def _argument(argument: Any, inputs: tuple[Any, ...]) -> Any:
    if isinstance(argument, Input):
        return inputs[argument.index]
    if isinstance(argument, Constant):
        return torch.tensor(argument.values, dtype=inputs[0].dtype)
    return list(inputs) if isinstance(argument, Inputs) else argument


def _made(record: Lowering) -> Callable[..., Any]:
    if isinstance(record, Module):
        return _module(record)
    if isinstance(record, Stack):
        stack = nn.Sequential()
        for name, part in record.parts.items():
            stack.add_module(name, _module(part))
        return stack
    if isinstance(record, Function):
        return lambda *inputs: _named(record.target)(
            *(_argument(a, inputs) for a in record.args), **{name: _argument(a, inputs) for name, a in record.kwargs.items()}
        )
    assert isinstance(record, Fold)

    def fold(*inputs: Any) -> Any:
        result = inputs[0]
        for value in inputs[1:]:
            result = _named(record.target)(result, value)
        return result

    return fold


@pytest.fixture
def named() -> Callable[[str], Any]:
    """The PyTorch object that a record's target names."""
    return _named


@pytest.fixture
def make() -> Callable[[Lowering], Callable[..., Any]]:
    """What a record calculates; a module's trainable tensors are compared with those that the record declares."""
    return _made


@pytest.fixture
def fill() -> Callable[[torch.Tensor, Init], None]:
    """Fill a tensor as a record says."""
    return _fill


@pytest.fixture
def option_of() -> Callable[[type[Entry], str], Option]:
    """The option of an entry by its key."""
    return lambda entry, key: next(option for option in options_of(entry) if option.key == key)
