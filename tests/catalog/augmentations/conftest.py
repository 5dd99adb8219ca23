"""Augmentations applied to batches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from mlpspec.catalog.augmentations import Augmentation
from mlpspec.training.alteration import Alteration


def _changed(entry: Augmentation, rows: torch.Tensor, seed: int = 3) -> torch.Tensor:
    copy = rows.clone()
    Alteration([[entry]], None, 0, torch.device("cpu")).apply([copy], {}, seed)
    return copy


@pytest.fixture
def changed() -> Callable[..., torch.Tensor]:
    """The rows once changed with the random numbers of a seed."""
    return _changed


@pytest.fixture
def images() -> torch.Tensor:
    """(batch, channels, height, width), every pixel another number, none of them 0."""
    return torch.arange(1.0, 1 + 500 * 2 * 6 * 5).view(500, 2, 6, 5)
