"""A step of several processes that divide the batches and the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.training.group import Group
from mlpspec.training.linear16 import without_copies
from mlpspec.training.loss_scale import LossScale
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Network
from mlpspec.training.sharded_step import ShardedStep
from mlpspec.training.source import Source
from mlpspec.training.step import make_optimizer
from mlpspec.training.whole import held


class DividedStep(ShardedStep):
    """Learns what `ShardedStep` learns, each process holding a part of every weight, of its gradient and of the optimizer's memory.

    The optimizer updates the parts as if they were whole weights, so that it must be one that treats each number by itself
    (`Optimizer.divides`). Gradients are divided after every batch of a step, and never whole for longer than that of one layer.

    Args:
        module: a network that `divide` divided.
        optimizer: the catalog entry.
    """

    def __init__(
        self, module: nn.Module, loss: LossFunction, optimizer: Optimizer, data: Source, group: Group, *, seed: int = 0, **more: Any
    ):
        self._parts = {name: nn.Parameter(held(weight)) for name, weight in module.named_parameters()}
        made = make_optimizer(optimizer, nn.ParameterList(self._parts.values()))
        super().__init__(module, loss, made, data, group, seed=seed, **more)

    def _joined(self, module: nn.Module) -> Network:
        dtype = self.precision.dtype
        return module if dtype is None else without_copies(module, dtype)

    def _kept_back(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _weights(self) -> Iterable[tuple[str, torch.Tensor]]:
        return self._parts.items()

    def _update(self) -> None:
        for name, weight in self.module.named_parameters():
            part = self._parts[name]
            part.data = held(weight)  # the first forward call may have moved it, to make all parts equally long
            part.grad = None if weight.grad is None else held(weight.grad)
        super()._update()
        for part in self._parts.values():
            part.grad = None

    def _unscale(self, scale: LossScale) -> None:
        super()._unscale(scale)
        scale.found.copy_(self.group.add_up(scale.found.clone()).clamp_(max=1.0))

    def state(self) -> dict[str, torch.Tensor]:
        """What the optimizer remembers, divided as the weights are: `step`, and `<name in torch.optim>.<weight>`."""
        state, weights = super().state(), dict(self.module.named_parameters())
        for key, value in state.items():
            weight = weights.get(key.partition(".")[2])
            if isinstance(weight, DTensor):
                state[key] = DTensor.from_local(
                    value, weight.device_mesh, weight.placements, run_check=False, shape=weight.shape, stride=weight.stride()
                )
        return state

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Remember what `state()` of this step gave, or of another one whose tensors were divided since."""
        super().load_state({key: held(value) for key, value in state.items()})
