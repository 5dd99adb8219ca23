"""A step of several processes: each learns from its share of the batch, and the gradients are added up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mlpspec.diagnostics import MachineError
from mlpspec.training.alteration import Alteration
from mlpspec.training.anomaly import inspect_gradients
from mlpspec.training.averages import Averages
from mlpspec.training.batches import Form
from mlpspec.training.clip import Clip
from mlpspec.training.division import Division
from mlpspec.training.group import Group
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Network, Precision
from mlpspec.training.source import Source
from mlpspec.training.step import EagerStep


class ShardedStep(EagerStep):
    """Learns what `EagerStep` learns from the same batches, divided among the processes of a group.

    Each process adds its rows' share to the loss of the whole batch, so that the sum of the gradients is that of one process. A batch of
    less than two rows for each is calculated whole by all of them. Batch norm normalizes each process's rows by themselves unless it is
    synchronized; running statistics are each process's own until the loop lets all follow the leading one. Dropout depends on seed, epoch,
    step and process alone.

    Args:
        group: the processes; its `size` is at least 2.
        anomaly: look at every gradient before the update.

    Source: torch.nn.parallel.DistributedDataParallel, which adds up gradients while backward still runs (Li et al. 2020,
    https://arxiv.org/abs/2006.15704).
    """

    def __init__(
        self,
        module: nn.Module,
        loss: LossFunction,
        optimizer: torch.optim.Optimizer,
        data: Source,
        group: Group,
        *,
        seed: int = 0,
        anomaly: bool = False,
        alteration: Alteration | None = None,
        averages: Averages | None = None,
        clip: Clip | None = None,
        precision: Precision | None = None,
    ):
        more: dict[str, Any] = {"alteration": alteration, "averages": averages, "clip": clip, "precision": precision}
        super().__init__(module, loss, optimizer, data, seed=seed, inspect=inspect_gradients if anomaly else None, **more)
        self.group = group
        self._parallel = self._joined(module)
        self.forward = self.precision.forward(self._parallel)

    def _joined(self, module: nn.Module) -> Network:
        """What stands in for the network, and lets the processes' gradients be averaged."""
        devices = None if self.device.type == "cpu" else [self.device]
        parallel = DistributedDataParallel(module, device_ids=devices)
        parallel.broadcast_buffers = False  # the argument of this name is deprecated since torch 2.13, its successor new in it
        return parallel

    def _kept_back(self) -> AbstractContextManager[None]:
        """Within it gradients are added up in this process alone, as more of them will follow."""
        return self._parallel.no_sync()  # type: ignore[operator]  # of DistributedDataParallel

    def _seed(self, epoch: int, number: int, first: int) -> None:
        numbers = np.random.SeedSequence([self.seed, epoch, 1, number, self.group.rank])
        torch.manual_seed(int(numbers.generate_state(1, np.uint64)[0] >> np.uint64(1)))

    def _backward(self, inputs: tuple[torch.Tensor, ...], targets: Mapping[str, torch.Tensor], form: Form) -> torch.Tensor:
        division = Division(form or (inputs[0].shape[0],), self.group)
        own = {name: division.take(target) for name, target in targets.items()}
        mine = list(division.pieces(self.loss, [division.take(tensor) for tensor in inputs], own, targets))
        total = torch.zeros((), device=self.device)
        with self.group.lost_peers_named():
            for number, piece in enumerate(mine):
                last = number == len(mine) - 1
                with nullcontext() if last else self._kept_back():
                    loss = piece.loss(self.forward(*piece.inputs))
                    (loss * self.group.size).backward()  # the processes' gradients are averaged
                total += loss.detach()
        return self.group.add_up(total)


def synchronize_batch_norm(module: nn.Module, device: torch.device) -> None:
    """Let batch norm see the rows of all processes; weights keep their names. `device` is where the network is or will be.

    Raises:
        MachineError: when the network is not on a GPU.

    Source: torch.nn.SyncBatchNorm.convert_sync_batchnorm.
    """
    if device.type != "cuda":
        help = "train on GPUs, or leave `training.synchronize_batchnorm` out: each process then normalizes its own rows"
        raise MachineError("torch synchronizes batch norm between GPUs only", help=help)
    nn.SyncBatchNorm.convert_sync_batchnorm(module)
