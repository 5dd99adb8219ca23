"""The device that training runs on, chosen strictly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch

from mlpspec.diagnostics import MachineError


def training_device(wanted: str, local_rank: int | None = None) -> tuple[torch.device, str]:
    """The torch device for `auto`, `cpu`, `cuda` or `cuda:1`, and why it was taken, in one line.

    Args:
        wanted: what the spec says.
        local_rank: which of several processes on this machine asks; each takes a GPU of its own.

    Raises:
        MachineError: when CUDA is asked for by name and cannot be used; only `auto` may take the CPU instead.
    """
    if local_rank is not None and wanted in ("auto", "cuda"):
        found, reason = training_device(f"cuda:{local_rank}" if wanted == "cuda" or not _cuda_problem("cuda") else "auto")
        return found, reason
    if wanted == "cpu":
        return torch.device("cpu"), "cpu, as asked"
    problem = _cuda_problem(wanted)
    if not problem:
        index = int(wanted.partition(":")[2] or 0)
        return torch.device("cuda", index), f"cuda:{index}, {torch.cuda.get_device_name(index)}"
    if wanted == "auto":
        return torch.device("cpu"), f"cpu, because {problem}"
    help = "train with `--set training.device=cpu`, or mend the cause; `mlpspec doctor` tells more"
    raise MachineError(f"training was asked for on {wanted}, and {problem}", code="no-gpu", help=help)


@contextmanager
def current(device: torch.device) -> Iterator[None]:
    """Within it a GPU is the one that torch means where nobody names one: for random numbers, streams and CUDA graphs."""
    with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
        yield


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor on a device; one in main memory goes to a GPU without anyone waiting for it."""
    if tensor.device == device or device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def random_state(device: torch.device) -> torch.Tensor:
    """Where torch's random numbers of a device are, as bytes on the CPU."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def set_random_state(device: torch.device, state: torch.Tensor) -> None:
    """Put them where `random_state` found them."""
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


def memory_in_use(device: torch.device) -> int | None:
    """Bytes: on a GPU those that tensors take there, else those of this process that are resident; None where that is not to be had."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None  # only Linux says so in a file
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cuda_problem(wanted: str) -> str:
    if torch.version.cuda is None:
        return "this torch is built without CUDA"
    if not torch.cuda.is_available():
        return "torch finds no usable NVIDIA GPU"
    index = int(wanted.partition(":")[2] or 0)
    if index >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        return "there is only one GPU, counted from 0" if count == 1 else f"there are only {count} GPUs, counted from 0"
    return ""
