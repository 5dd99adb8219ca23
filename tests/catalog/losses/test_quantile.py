from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from mlpspec.catalog.losses import Quantile

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.normal(size=(40, 2))
OUTPUT = RANDOM.normal(size=(40, 6))
LEVELS = (0.05, 0.5, 0.9)


def test_is_the_mean_of_scikit_learn_s_pinball_losses(value):
    losses = [mean_pinball_loss(TRUTH, OUTPUT[:, [place, 3 + place]], alpha=level) for place, level in enumerate(LEVELS)]
    assert value(Quantile(levels=LEVELS), OUTPUT, TRUTH) == pytest.approx(np.mean(losses))


def test_one_level_in_the_middle_is_half_the_absolute_error(value):
    assert value(Quantile(levels=(0.5,)), OUTPUT[:, :2], TRUTH) == pytest.approx(np.abs(OUTPUT[:, :2] - TRUTH).mean() / 2)


def test_is_least_at_the_quantile(value):
    truth = RANDOM.exponential(size=(999, 1))
    at = {
        share: value(Quantile(levels=(0.9,)), np.full((999, 1), np.quantile(truth, share)), truth) for share in (0.8, 0.89, 0.9, 0.91, 0.99)
    }
    assert min(at, key=at.__getitem__) == 0.9


@pytest.mark.parametrize("levels", [(0.9, 0.1, 0.5), (0.5, 0.5, 0.6), (0.1, 0.9)])
def test_levels_have_an_order_and_a_middle(levels):
    assert "[0.05, 0.5, 0.95]" in (Quantile(levels=levels).problem() or "")
    assert Quantile().problem() is None
    assert Quantile(levels=LEVELS).quantiles() == LEVELS
