from __future__ import annotations

import pytest
import torch
from scipy.stats import kstest

from mlpspec.catalog.augmentations import Noise


def test_what_is_added_is_normal(changed):
    rows = torch.linspace(-3, 3, 3000).view(1000, 3)
    added = (changed(Noise(std=0.25), rows) - rows) / 0.25
    assert kstest(added.flatten().numpy(), "norm").pvalue > 0.01
    assert added.std(0).tolist() == pytest.approx([1, 1, 1], abs=0.1)
