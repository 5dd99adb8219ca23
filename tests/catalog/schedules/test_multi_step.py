from __future__ import annotations

import numpy as np
import pytest
from torch.optim.lr_scheduler import MultiStepLR

from mlpspec.catalog.schedules.multi_step import MultiStep


@pytest.mark.parametrize(("milestones", "gamma"), [((3, 8), 0.1), ((1,), 0.5), ((2, 4, 11), 0.3), ((50,), 0.1)])
def test_equals_that_of_pytorch(factors, torch_factors, milestones, gamma):
    found = factors(MultiStep(milestones=milestones, gamma=gamma))
    np.testing.assert_allclose(found, torch_factors(lambda o: MultiStepLR(o, list(milestones), gamma), every=5))


@pytest.mark.parametrize("milestones", [(8, 3), (3, 3)])
def test_milestones_must_rise(milestones):
    assert "rising order" in (MultiStep(milestones=milestones).problem() or "")
    assert MultiStep(milestones=(3, 8)).problem() is None


def test_bounds(option_of):
    milestones = option_of(MultiStep, "milestones")
    assert (milestones.required, milestones.minimum, milestones.min_items, MultiStep.main) == (True, 1, 1, "milestones")
