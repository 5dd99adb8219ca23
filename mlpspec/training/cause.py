"""Where a loss stopped being finite: the epoch is done again from the last checkpoint, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from mlpspec.ir.graph import Graph
from mlpspec.pytorch.module import build_module
from mlpspec.training.checkpoints import Checkpoints
from mlpspec.training.feed import PlannedEpoch
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Network
from mlpspec.training.source import Source
from mlpspec.training.step import Step
from mlpspec.training.whole import Whole

FRESH = ("random", "loss", "loss_scale")
"""What a step's state leaves out for a beginning."""


@dataclass(frozen=True)
class Cause:
    """The first step (counted from 1) whose loss was not finite, or else the last; its rate, and the layer of the largest gradient.

    The gradient is that of the last step whose loss was finite, where there is one: its update did the damage. `norm` is Euclidean.
    """

    step: int
    rate: float
    layer: str
    norm: float


def find_cause(
    module: nn.Module,
    step: Step,
    loss: LossFunction,
    planned: Callable[[int], PlannedEpoch],
    epochs: range,
    first: int,
    stopped: Callable[[], bool],
    forward: Network | None = None,
    whole: Whole | None = None,
) -> Cause | None:
    """Do epochs again, the last of them step by step, until the loss is not finite. None when `stopped` says so before.

    Args:
        module: the network with the weights as they were before these epochs; it is changed.
        step: what learns, with the state as it was then.
        loss: from outputs and targets to one number.
        planned: an epoch by its number.
        epochs: those to do again; the last of them is the one to look at.
        first: the first step of the first epoch.
        stopped: whether to give up.
        forward: what stands in for calling the network.
        whole: how whole tensors are had.
    """
    for epoch in epochs[:-1]:
        if not _repeat(step, planned(epoch), first, stopped):
            return None
        first = 0
    last = planned(epochs[-1])
    number, looked_at = first, (first, _weights(module))
    for number in range(first, len(last.batches)):
        before = (number, _weights(module))
        if not _repeat(step, last, number, stopped, number + 1):
            return None
        if not math.isfinite(step.epoch_loss()):
            break
        looked_at = before
    at, weights = looked_at
    module.load_state_dict(weights)
    stretch = next(last.feed.stretches(last.epoch, at))
    index = stretch.rows(last.batches[at])
    return Cause(number + 1, last.rates[number], *largest_gradient(module, loss, stretch.data, index, forward, whole))


def rewind(module: nn.Module, graph: Graph, step: Step, checkpoints: Checkpoints, seed: int) -> tuple[int, int]:
    """Put module and step back to the last checkpoint, or to the beginning where there is none; its epoch, and the step in it.

    Raises:
        ModelFileError: when the checkpoint cannot be read.
    """
    step.epoch_loss()  # forgets the losses so far
    if checkpoints.has("last"):
        position = checkpoints.load_weights(module, "last")
        step.load_state(checkpoints.load_step_state("last"))
        return position["epoch"], position["step"]
    module.load_state_dict(first_weights(graph, seed, checkpoints.whole))
    step.load_state({name: torch.zeros_like(tensor) for name, tensor in step.state().items() if name not in FRESH})
    return 0, 0


def first_weights(graph: Graph, seed: int, whole: Whole) -> dict[str, torch.Tensor]:
    """The weights that a run with this seed begins with."""

    def make() -> tuple[dict[str, torch.Tensor], None]:
        torch.manual_seed(seed)
        return build_module(graph).state_dict(), None

    return whole.read(make)[0]


def _repeat(step: Step, plan: PlannedEpoch, first: int, stopped: Callable[[], bool], last: int | None = None) -> bool:
    """Whether the steps of a plan from `first` to before `last` could be done."""
    return not any(stopped() for _ in plan.run(step, first, last))


def largest_gradient(
    module: nn.Module,
    loss: LossFunction,
    data: Source,
    index: torch.Tensor,
    forward: Network | None = None,
    whole: Whole | None = None,
) -> tuple[str, float]:
    """The layer whose gradient has the largest norm for the rows at `index`, with that norm; one that is not finite is the largest.

    `forward` stands in for calling the network.
    """
    module.train()
    module.zero_grad()
    inputs, targets = data.pick(index)
    with torch.enable_grad():
        loss((module if forward is None else forward)(*inputs), targets).backward()
    gradients = {name: weight.grad for name, weight in module.named_parameters() if weight.grad is not None}
    squares: dict[str, float] = {}
    for name, sum in (whole or Whole()).square_sums(gradients).items():
        layer = name.split(".")[0]
        squares[layer] = squares.get(layer, 0.0) + sum
    module.zero_grad()
    layer = max(squares, key=lambda name: squares[name] if math.isfinite(squares[name]) else math.inf)
    return layer, math.sqrt(squares[layer]) if math.isfinite(squares[layer]) else squares[layer]


def _weights(module: nn.Module) -> Mapping[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
