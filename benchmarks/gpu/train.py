"""Training on a GPU: rows a second of mlpspec's steps and of PyTorch as an expert writes it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal

import torch
from peers.mlpspec_step import graph
from peers.torch_network import network
from peers.workloads import RATE, WORKLOADS, rows
from torch.nn import functional

from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.language.sections.training import Precision as Name
from mlpspec.pytorch.module import build_module
from mlpspec.training.batches import batch_bounds, epoch_order
from mlpspec.training.compiled.make import make_step
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import lane_to
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

NAMES = ("T1", "T2", "T3")

Epoch = Callable[[], float]
"""Trains an epoch; the mean loss."""


@dataclass(frozen=True)
class Trained:
    """A contender on a workload: rows a second in the median turn and in the fastest, seconds before the first turn, the last loss."""

    workload: str
    way: str
    rows_per_second: float
    best: float
    ready: float
    loss: float
    remark: str


def measure(name: str, device: str, turns: int, seconds: float) -> Iterator[Trained]:
    """All contenders on one workload, in turn.

    Args:
        turns: of each contender.
        seconds: that a turn takes at least; it ends with an epoch.
    """
    running, ready, remarks, speeds, losses = {}, {}, {}, {}, {}
    for way, make in WAYS.items():
        start = time.perf_counter()
        running[way], remarks[way] = make(name, device)
        for _ in range(2):  # libraries make ready, graphs are recorded
            losses[way] = running[way]()
        ready[way], speeds[way] = time.perf_counter() - start, []
    for _ in range(turns):
        for way, epoch in running.items():
            epochs, start = 0, time.perf_counter()
            while epochs == 0 or time.perf_counter() - start < seconds:
                losses[way] = epoch()
                epochs += 1
            speeds[way].append(WORKLOADS[name].rows * epochs / (time.perf_counter() - start))
    for way, found in speeds.items():
        yield Trained(name, way, statistics.median(found), max(found), ready[way], losses[way], remarks[way])


def _step(
    wanted: Literal["compiled", "eager"], precision: Name = "fp32", *, tf32: bool = False, fetched: bool = False
) -> Callable[[str, str], tuple[Epoch, str]]:
    """A step of mlpspec; `fetched` leaves the rows in main memory."""

    def make(name: str, device: str) -> tuple[Epoch, str]:
        workload, there = WORKLOADS[name], torch.device(device)
        features, answers = (torch.from_numpy(array) for array in rows(workload))
        torch.manual_seed(0)
        module = build_module(graph(workload)).to(device)
        data = Tensors(workload.rows, (features,), {"y": answers})
        source = FetchedRows(data, lane_to(there)) if fetched else data.to(there)
        arithmetic = Precision(precision, there, tf32=tf32)
        step, remark = make_step(module, _loss, Adam(), source, workload.batch, wanted=wanted, precision=arithmetic)
        bounds = list(batch_bounds(workload.rows, workload.batch))
        numbers = count()

        def epoch() -> float:
            number = next(numbers)
            order = torch.from_numpy(epoch_order(workload.rows, 0, number))
            for _ in step.run_epoch(number, order, bounds, [RATE] * len(bounds)):
                pass
            return step.epoch_loss()

        return epoch, remark

    return make


def _loss(outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return functional.cross_entropy(outputs["y"], targets["y"])


def _tuned(dtype: torch.dtype | None) -> Callable[[str, str], tuple[Epoch, str]]:
    """Rows on the device, gathered by a shuffled permutation, fused Adam, no read of the loss within an epoch; autocast to `dtype`."""

    def make(name: str, device: str) -> tuple[Epoch, str]:
        workload = WORKLOADS[name]
        features, answers = (torch.from_numpy(array).to(device) for array in rows(workload))
        torch.manual_seed(0)
        model = network(workload).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)

        def epoch() -> float:
            total = torch.zeros((), device=device)
            for index in torch.randperm(workload.rows, device=device).split(workload.batch):
                optimizer.zero_grad(set_to_none=True)
                with torch.autocast(torch.device(device).type, dtype, enabled=dtype is not None):
                    outputs = model(features.index_select(0, index))
                loss = functional.cross_entropy(outputs.float(), answers.index_select(0, index))
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(index)
            return total.item() / workload.rows

        return epoch, f"torch {torch.__version__}"

    return make


WAYS = {
    "mlpspec compiled": _step("compiled"),
    "mlpspec compiled, rows fetched": _step("compiled", fetched=True),
    "mlpspec compiled, tf32": _step("compiled", tf32=True),
    "mlpspec compiled, bf16": _step("compiled", "bf16"),
    "mlpspec compiled, fp16": _step("compiled", "fp16"),
    "mlpspec eager": _step("eager"),
    "mlpspec eager, bf16": _step("eager", "bf16"),
    "torch tuned": _tuned(None),
    "torch tuned, bf16": _tuned(torch.bfloat16),
}
