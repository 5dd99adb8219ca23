"""The loss of a network with its targets: the weighted sum of each target's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch

from mlpspec.catalog.targets.base import TargetType
from mlpspec.ir.fitted import FittedTarget
from mlpspec.ir.lowering import Constant, Input
from mlpspec.pytorch.targets import resolve

LossFunction = Callable[[Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]], torch.Tensor]
"""From the network's outputs and the encoded targets, both by target, to one number."""

TargetLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From a head's output and the encoded target to one number."""

Size = Callable[[torch.Tensor], torch.Tensor | float]
"""What a target's mean is divided by, from the encoded target: how many rows a batch has, or the sum of their weights."""

Shares = Mapping[str, torch.Tensor | float]
"""How much of each target's loss of several batches together is that of one of them."""


def target_loss(target: TargetType, fitted: FittedTarget, device: torch.device | str = "cpu") -> TargetLoss:
    """The loss of one target as a function of the head's output and the encoded target, both on `device`.

    `fitted` has the weights of its classes, if any.
    """

    def argument(value: Any) -> Any:
        return torch.tensor(value.values, device=device) if isinstance(value, Constant) else value

    loss = target.loss_entry
    record = loss.lower()
    function = resolve(record.target)
    arguments = [argument(value) for value in record.args]
    keywords = {name: argument(value) for name, value in record.kwargs.items()}
    if fitted.weights is not None:
        keywords[loss.weight_argument] = torch.tensor(fitted.weights, device=device)

    def calculate(output: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        given = (output, truth)
        return function(*(given[value.index] if isinstance(value, Input) else value for value in arguments), **keywords)

    return calculate


def target_size(target: TargetType, fitted: FittedTarget, device: torch.device | str = "cpu") -> Size | None:
    """What the loss of one target is divided by; None where the errors of the rows are added up."""
    loss = target.loss_entry
    if loss.adds_up:
        return None
    if fitted.weights is None or not loss.weights_divide:
        return lambda truth: float(truth.shape[0])
    weights = torch.tensor(fitted.weights, device=device)
    return lambda truth: weights.index_select(0, truth).sum()


@runtime_checkable
class DivisibleLoss(Protocol):
    """A loss of rows that can be put together from the losses of parts of them."""

    def __call__(
        self, outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor], shares: Shares | None = None
    ) -> torch.Tensor:
        """The loss of a batch; with `shares` what the batch adds to the loss of several together."""
        ...

    def shares(self, truths: Sequence[Mapping[str, torch.Tensor]]) -> list[Shares]:
        """The share of each batch in the loss of all of them together, from their encoded targets.

        The loss of all rows together is then the sum of the batches' losses times their shares.
        """
        ...


class _Part(NamedTuple):
    name: str
    weight: float
    loss: TargetLoss
    size: Size | None


class TotalLoss:
    """The weighted sum over all targets; `fitted` is what was learnt about them."""

    def __init__(self, targets: Mapping[str, TargetType], fitted: Mapping[str, FittedTarget], device: torch.device | str = "cpu"):
        self._parts = [
            _Part(name, target.weight, target_loss(target, fitted[name], device), target_size(target, fitted[name], device))
            for name, target in targets.items()
        ]

    def __call__(
        self, outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor], shares: Shares | None = None
    ) -> torch.Tensor:
        """The loss of a batch; with `shares` what the batch adds to the loss of several together."""
        terms = []
        for part in self._parts:
            term = part.loss(outputs[part.name], truths[part.name])
            factor = part.weight if shares is None else part.weight * shares[part.name]
            terms.append(term if isinstance(factor, float) and factor == 1.0 else factor * term)
        return terms[0] if len(terms) == 1 else torch.stack(terms).sum()

    def shares(self, truths: Sequence[Mapping[str, torch.Tensor]]) -> list[Shares]:
        """The share of each batch in the loss of all of them together."""
        sizes = {part.name: [1.0 if part.size is None else part.size(truth[part.name]) for truth in truths] for part in self._parts}
        whole = {part.name: 1.0 if part.size is None else sum(sizes[part.name]) for part in self._parts}
        return [{name: sizes[name][number] / whole[name] for name in sizes} for number in range(len(truths))]
