"""The loss of a network with its targets: the weighted sum of each target's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from mlpspec.catalog.losses import LOSSES, Loss
from mlpspec.catalog.targets.base import TargetType
from mlpspec.ir.lowering import Input
from mlpspec.pytorch.targets import resolve

LossFunction = Callable[[Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]], torch.Tensor]
"""From the network's outputs and the encoded targets, both by target, to one number."""


def loss_of(target: TargetType) -> Loss:
    """The loss the spec names for the target, else the target's own."""
    return target.loss or LOSSES[target.default_loss]()


def target_loss(target: TargetType) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The loss of one target as a function of the head's output and the encoded target."""
    record = loss_of(target).lower()
    function = resolve(record.target)
    kwargs = dict(record.kwargs)

    def calculate(output: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        given = (output, truth)
        return function(*(given[arg.index] if isinstance(arg, Input) else arg for arg in record.args), **kwargs)

    return calculate


def total_loss(targets: Mapping[str, TargetType]) -> LossFunction:
    """The weighted sum over all targets."""
    parts = [(name, target.weight, target_loss(target)) for name, target in targets.items()]

    def calculate(outputs: Mapping[str, torch.Tensor], truths: Mapping[str, torch.Tensor]) -> torch.Tensor:
        terms = [
            loss(outputs[name], truths[name]) if weight == 1.0 else weight * loss(outputs[name], truths[name])
            for name, weight, loss in parts
        ]
        return terms[0] if len(terms) == 1 else torch.stack(terms).sum()

    return calculate
