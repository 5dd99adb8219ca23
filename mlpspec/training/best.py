"""The best weights of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from mlpspec.ir.callback import Callback, Run, is_better
from mlpspec.training.checkpoints import Checkpoints, refuse_non_finite


class Best(Callback):
    """Keeps the weights of the epoch whose monitored figure was best; `epoch` is 0 while there is none.

    They are in memory and reach the disk with `write`, so that weights that are better every epoch do not cost a file every epoch.
    `measured` gives the weights that the figures are of, where those are not the module's.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        module: nn.Module,
        monitor: str,
        min_delta: float = 0.0,
        measured: Callable[[], Mapping[str, torch.Tensor] | None] = lambda: None,
    ):
        self.checkpoints, self.module, self.monitor, self.min_delta = checkpoints, module, monitor, min_delta
        self.measured = measured
        self.epoch = 0
        self.value: float | None = None
        self.weights: dict[str, torch.Tensor] = {}
        self._position: dict[str, Any] = {}
        self._is_new = False

    def on_epoch_end(self, run: Run) -> None:
        """Take the weights when they are better.

        Raises:
            CheckError: when one of them is not finite: the loss of an epoch is from before its last step.
        """
        value = run.figures.get(self.monitor)
        if is_better(value, self.value, run.goals.get(self.monitor, "min"), self.min_delta):
            weights = self.measured() or self.module.state_dict()
            refuse_non_finite(weights, self.checkpoints.whole)
            self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}
            self.epoch, self.value, self._is_new = run.epoch, value, True
            self._position = {"epoch": run.epoch, "step": 0, "figures": dict(run.figures)}

    def write(self) -> None:
        """Put them on disk, if they are not there yet."""
        if self._is_new:
            self.checkpoints.save("best", self.weights, self._position)
            self._is_new = False

    def state(self) -> dict[str, Any]:
        """Epoch and value, and of which figure."""
        return {"monitor": self.monitor, "epoch": self.epoch, "value": self.value}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take up epoch, value, and the weights on disk. With another figure to watch, the next epoch is the best one so far."""
        if state["epoch"]:
            self.epoch, self.value = int(state["epoch"]), state["value"] if state["monitor"] == self.monitor else None
            weights, self._position = self.checkpoints.load(self.module, "best")
            self.weights = {name: tensor.to(self.module.state_dict()[name].device) for name, tensor in weights.items()}
