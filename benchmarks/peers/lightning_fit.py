"""Lightning's Trainer with a DataLoader, as its documentation shows, without logger, checkpoints and progress bar."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import lightning  # pyright: ignore[reportMissingImports]
import torch
from peers.torch_network import network
from peers.worker import work
from peers.workloads import RATE, WORKLOADS, Workload, rows
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class Module(lightning.LightningModule):
    """The workload's network with its loss and optimizer."""

    def __init__(self, workload: Workload):
        super().__init__()
        self.model = network(workload)
        self.loss = functional.mse_loss if workload.regression else functional.cross_entropy

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        """The loss of a batch."""
        return self.loss(self.model(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=RATE)


def make(name: str) -> tuple[Callable[[], float], int, str]:
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    workload = WORKLOADS[name]
    features, answers = map(torch.from_numpy, rows(workload))
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(features, answers), batch_size=workload.batch, shuffle=True)
    module = Module(workload)
    quiet: dict[str, Any] = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}

    def epoch() -> float:
        trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", **quiet)
        trainer.fit(module, loader)
        return float(trainer.callback_metrics.get("loss", float("nan")))

    return epoch, workload.rows, f"lightning {lightning.__version__}"


if __name__ == "__main__":
    work(make)
