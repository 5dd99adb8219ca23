"""PyTorch as its tutorials write it: a DataLoader of single rows, Adam as it comes, the loss read after every step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from peers.torch_network import network
from peers.worker import work
from peers.workloads import RATE, WORKLOADS, rows
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make(name: str) -> tuple[Callable[[], float], int, str]:
    workload = WORKLOADS[name]
    features, answers = map(torch.from_numpy, rows(workload))
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(features, answers), batch_size=workload.batch, shuffle=True)
    model = network(workload)
    loss_of = nn.MSELoss() if workload.regression else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)

    def epoch() -> float:
        total = 0.0
        for batch, wanted in loader:
            optimizer.zero_grad()
            loss = loss_of(model(batch), wanted)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        return total / workload.rows

    return epoch, workload.rows, f"torch {torch.__version__}"


if __name__ == "__main__":
    work(make)
