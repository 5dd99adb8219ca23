"""PyTorch as an expert writes it: rows in memory, gathered by a shuffled permutation, fused Adam, no read of the loss within an epoch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from peers.torch_network import network
from peers.worker import work
from peers.workloads import RATE, WORKLOADS, rows
from torch.nn import functional


def make(name: str) -> tuple[Callable[[], float], int, str]:
    workload = WORKLOADS[name]
    features, answers = map(torch.from_numpy, rows(workload))
    torch.manual_seed(0)
    model = network(workload)
    loss_of = functional.mse_loss if workload.regression else functional.cross_entropy
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)

    def epoch() -> float:
        total = torch.zeros(())
        for index in torch.randperm(workload.rows).split(workload.batch):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(features.index_select(0, index)), answers.index_select(0, index))
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(index)
        return total.item() / workload.rows

    return epoch, workload.rows, f"torch {torch.__version__}"


if __name__ == "__main__":
    work(make)
