"""Mixings applied to steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from mlpspec.catalog.mixings import Mixing
from mlpspec.training.alteration import SHARE, Alteration, partner
from mlpspec.training.tensors import Tensors


def _mixed(mixing: Mixing, *inputs: torch.Tensor, seed: int = 3) -> tuple[list[torch.Tensor], float, torch.Tensor]:
    """The inputs mixed, the share of the row itself, and the number of each row's partner."""
    rows = inputs[0].shape[0]
    alteration = Alteration([[] for _ in inputs], mixing, 0, torch.device("cpu"))
    data = alteration.extended(Tensors(rows, inputs, {"y": torch.arange(rows)}))
    changed, targets = data.pick(torch.arange(rows))
    alteration.apply(changed, targets, seed)
    assert targets["y"].tolist() == list(range(rows))
    assert len(targets[SHARE].unique()) == 1
    return list(changed), targets[SHARE][0].item(), targets[partner("y")]


@pytest.fixture
def mixed() -> Callable[..., tuple[list[torch.Tensor], float, torch.Tensor]]:
    return _mixed
