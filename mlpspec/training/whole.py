"""Whole tensors, and what a process holds of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch

from mlpspec.training.group import Group

T = TypeVar("T")


def held(tensor: torch.Tensor) -> torch.Tensor:
    """What this process holds of a tensor, in the memory where it is: all of it, unless it is a DTensor."""
    with torch.no_grad():
        return tensor.to_local() if hasattr(tensor, "to_local") else tensor  # type: ignore[attr-defined]  # torch.distributed.tensor.DTensor


class Whole:
    """What is written of a run, read and compared is whole tensors; here every process of its group holds them whole already.

    `Divided` is for tensors of which each process holds a part. Every process of a group makes the same calls.
    """

    def __init__(self, group: Group | None = None):
        self.group = group or Group()

    @property
    def is_divided(self) -> bool:
        """Whether making tensors whole takes all processes."""
        return False

    def joins(self, *, wanted: bool) -> bool:
        """Whether this process takes part where the leading one wants tensors to be made whole."""
        return self.group.leads and wanted

    def gather(self, tensor: torch.Tensor) -> torch.Tensor:
        """The whole tensor in main memory; what the processes that do not lead get is of no use."""
        return tensor.detach().cpu().contiguous()

    def read(self, work: Callable[[], tuple[dict[str, torch.Tensor], T]]) -> tuple[dict[str, torch.Tensor], T]:
        """What this process holds of the whole tensors that some work gives, and what it gives beside them, which is JSON data."""
        return work()

    def first_non_finite(self, tensors: Mapping[str, torch.Tensor]) -> str | None:
        """The name of the first tensor that has a NaN or an infinite number."""
        return next((name for name, tensor in tensors.items() if not _is_finite(tensor)), None)

    def square_sums(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, float]:
        """The sum of the squares of each."""
        return {name: held(tensor).double().square().sum().item() for name, tensor in tensors.items()}


def _is_finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
