"""The loss of a network with its targets: the weighted sum of each target's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from mlpspec.catalog.targets.base import TargetType
from mlpspec.ir.fitted import FittedTarget
from mlpspec.ir.lowering import Constant, Input
from mlpspec.pytorch.targets import resolve

LossFunction = Callable[[Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]], torch.Tensor]
"""From the network's outputs and the encoded targets, both by target, to one number."""


def target_loss(
    target: TargetType, fitted: FittedTarget, device: torch.device | str = "cpu"
) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
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


def total_loss(targets: Mapping[str, TargetType], fitted: Mapping[str, FittedTarget], device: torch.device | str = "cpu") -> LossFunction:
    """The weighted sum over all targets; `fitted` is what was learnt about them."""
    parts = [(name, target.weight, target_loss(target, fitted[name], device)) for name, target in targets.items()]

    def calculate(outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor]) -> torch.Tensor:
        terms = [
            loss(outputs[name], truths[name]) if weight == 1.0 else weight * loss(outputs[name], truths[name])
            for name, weight, loss in parts
        ]
        return terms[0] if len(terms) == 1 else torch.stack(terms).sum()

    return calculate
