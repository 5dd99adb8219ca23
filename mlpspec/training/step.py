"""One optimizer step, eagerly: forward, loss, backward, update."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from mlpspec.catalog.optimizers import Optimizer
from mlpspec.pytorch.targets import resolve
from mlpspec.training.losses import LossFunction
from mlpspec.training.tensors import Tensors


class Step(Protocol):
    """What the loop needs of a step."""

    def run(self, index: torch.Tensor, learning_rate: float) -> None:
        """Learn from the training rows at `index`, (batch,) int64."""
        ...

    def epoch_loss(self) -> float:
        """The mean loss of a row over the steps since the last call."""
        ...

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer, for its state."""
        ...


def make_optimizer(entry: Optimizer, module: nn.Module) -> torch.optim.Optimizer:
    """The torch optimizer of a catalog entry over the module's parameters, fused where torch can."""
    record = entry.lower()
    return resolve(record.target)(list(module.parameters()), **record.kwargs)


class EagerStep:
    """The step as every PyTorch user writes it; the reference for all faster ones."""

    def __init__(self, module: nn.Module, loss: LossFunction, optimizer: torch.optim.Optimizer, data: Tensors):
        self.module, self.loss, self.optimizer, self.data = module, loss, optimizer, data
        self._sum = torch.zeros((), device=next(module.parameters()).device)
        self._rows = 0

    def run(self, index: torch.Tensor, learning_rate: float) -> None:
        """Learn from the training rows at `index`, (batch,) int64."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        inputs, targets = self.data.pick(index)
        loss = self.loss(self.module(*inputs), targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._sum += loss.detach() * index.shape[0]
        self._rows += index.shape[0]

    def epoch_loss(self) -> float:
        """The mean loss of a row over the steps since the last call; the only read from the device."""
        mean = self._sum.item() / max(1, self._rows)
        self._sum.zero_()
        self._rows = 0
        return mean
