from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.mixings import MIXINGS, Mixing
from mlpspec.testing import check_options


@pytest.mark.parametrize("kind", MIXINGS.names())
def test_options_survive_being_written(kind):
    check_options(MIXINGS[kind](alpha=0.7), Mixing)


@pytest.mark.parametrize("kind", MIXINGS.names())
def test_some_steps_stay_as_they_are(kind, mixed):
    images = torch.rand(8, 2, 6, 6)
    found = [mixed(MIXINGS[kind](alpha=1.0, probability=0.5), images, seed=seed) for seed in range(200)]
    plain = [share == 1.0 and torch.equal(changed[0], images) and partners.tolist() == list(range(8)) for changed, share, partners in found]
    assert 70 < sum(plain) < 140  # 100 and some whose rectangle is empty, give or take four deviations
