from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.augmentations import Swap


def test_numbers_come_from_the_same_column_of_another_row(changed):
    rows = torch.arange(2000.0).unsqueeze(1) + torch.tensor([0.0, 10_000.0, 20_000.0])
    found = changed(Swap(share=0.2), rows)
    taken = found != rows
    assert taken.float().mean().item() == pytest.approx(0.2, abs=0.02)
    for column in range(3):
        assert set(found[:, column].tolist()) <= set(rows[:, column].tolist())
    partner = found - torch.tensor([0.0, 10_000.0, 20_000.0])
    both = taken.sum(1) > 1
    assert all(len(set(row[mask].tolist())) == 1 for row, mask in zip(partner[both], taken[both], strict=True)), "one partner a row"
