"""The size of `batch_size: auto`: tried on a GPU, told by the number of rows on a CPU."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from mlpspec.catalog.batch_sizes.auto import SMALLEST, Auto, usual_batch_size
from mlpspec.catalog.optimizers import Optimizer
from mlpspec.diagnostics import MachineError
from mlpspec.training.losses import LossFunction
from mlpspec.training.precision import Precision
from mlpspec.training.source import Source
from mlpspec.training.step import EagerStep, make_optimizer


class Found(NamedTuple):
    """A batch size in rows, and one line that says why it is that."""

    rows: int
    reason: str


def find_batch_size(
    wanted: Auto, rows: int, accumulate: int, device: torch.device, fits: Callable[[int], bool], *, earlier: int | None = None
) -> Found:
    """The size for `rows` rows an epoch, of which a step learns from `accumulate` batches.

    Args:
        fits: whether a step with batches of so many rows leaves enough of the device's memory free; asked on a GPU only.
        earlier: what the run that is resumed found, which stays.

    Raises:
        MachineError: when not even the smallest size fits.
    """
    if earlier is not None:
        return Found(earlier, "found when the run began")
    if device.type != "cuda":
        return Found(min(wanted.maximum, usual_batch_size(rows // accumulate)), f"what suits {rows:,} rows on a CPU")
    largest = wanted.largest(rows, accumulate)
    found = largest_that_fits(fits, largest)
    if found is None:
        help = "train with a smaller network, or on a GPU with more memory that is free"
        raise MachineError(f"a step of {SMALLEST} rows leaves less than {wanted.margin:.0%} of the GPU's memory free", help=help)
    if found < largest:
        return Found(found, f"the largest that leaves {wanted.margin:.0%} of the GPU's memory free")
    limit = "`maximum`" if largest * 2 > wanted.maximum else f"at least {wanted.steps} steps an epoch"
    return Found(found, f"as many as {limit} allows; the GPU's memory would hold more")


def largest_that_fits(fits: Callable[[int], bool], largest: int) -> int | None:
    """The last of 16, 32, 64, ... up to `largest` that fits, none being tried after one that does not; None when the first does not.

    >>> largest_that_fits(lambda rows: rows <= 100, 1024), largest_that_fits(lambda rows: False, 64)
    (64, None)
    """
    found, size = None, SMALLEST
    while size <= largest and fits(size):
        found, size = size, size * 2
    return found


def trial(
    module: nn.Module,
    loss: LossFunction,
    optimizer: Optimizer,
    data: Source,
    accumulate: int,
    margin: float,
    precision: Precision | None = None,
) -> Callable[[int], bool]:
    """Whether steps on a CUDA device fit into its memory: a copy of the network learns twice from so many rows.

    The network's weights and the random numbers of the run stay as they are.
    """
    device = next(module.parameters()).device

    def fits(rows: int) -> bool:
        try:
            try_steps(module, loss, optimizer, data, rows, accumulate, precision)
            free, total = torch.cuda.mem_get_info(device)  # the allocator still holds what the steps took at their peak
            return free >= margin * total
        except torch.OutOfMemoryError:
            return False
        finally:
            gc.collect()
            torch.cuda.empty_cache()

    return fits


def try_steps(
    module: nn.Module,
    loss: LossFunction,
    optimizer: Optimizer,
    data: Source,
    rows: int,
    accumulate: int,
    precision: Precision | None = None,
) -> None:
    """Two steps with batches of so many rows on a copy of the network; rows come again where there are too few."""
    device = next(module.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        tried = copy.deepcopy(module)
        step = EagerStep(tried, loss, make_optimizer(optimizer, tried), data, precision=precision and precision.anew())
        index = torch.arange(rows * accumulate, device=device) % data.rows
        for _ in range(2):  # the second one with all that the optimizer remembers
            step.run(index, 0.0, (rows,) * accumulate)
        step.epoch_loss()  # waits for the device
