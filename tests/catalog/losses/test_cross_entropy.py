from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from mlpspec.catalog.losses.cross_entropy import CrossEntropy

LOGITS = np.random.default_rng(0).normal(size=(6, 4)) * 3
TRUTH = np.array([0, 1, 2, 3, 3, 0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_follows_the_formula(value, smoothing):
    distribution = (1 - smoothing) * np.eye(4)[TRUTH] + smoothing / 4
    expected = -(distribution * log_softmax(LOGITS, axis=1)).sum(axis=1).mean()
    assert value(CrossEntropy(label_smoothing=smoothing), LOGITS, TRUTH) == pytest.approx(expected)


def test_guessing_alike_costs_the_log_of_the_classes(value):
    assert value(CrossEntropy(), np.zeros((6, 4)), TRUTH) == pytest.approx(np.log(4))


def test_suits_categories():
    assert CrossEntropy.targets == {"category"}


def test_bounds(option_of):
    smoothing = option_of(CrossEntropy, "label_smoothing")
    assert (smoothing.default, smoothing.minimum, smoothing.below, CrossEntropy.main) == (0, 0, 1, "label_smoothing")
