from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.losses.binary_cross_entropy import BinaryCrossEntropy

LOGITS = np.random.default_rng(0).normal(size=(6, 1)) * 3
TRUTH = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])


def test_follows_the_formula(value):
    p = 1 / (1 + np.exp(-LOGITS))
    expected = -(TRUTH * np.log(p) + (1 - TRUTH) * np.log(1 - p)).mean()
    assert value(BinaryCrossEntropy(), LOGITS, TRUTH) == pytest.approx(expected)


def test_is_exact_where_the_probability_is_not(value):
    assert value(BinaryCrossEntropy(), np.array([[-800.0]]), np.array([[1.0]])) == pytest.approx(800)


def test_positive_rows_weigh_more(value):
    p = 1 / (1 + np.exp(-LOGITS))
    expected = -(5 * TRUTH * np.log(p) + (1 - TRUTH) * np.log(1 - p)).mean()
    assert value(BinaryCrossEntropy(positive_weight=5.0), LOGITS, TRUTH) == pytest.approx(expected)
    assert BinaryCrossEntropy.weight_argument == "pos_weight"


def test_suits_binary_targets():
    assert BinaryCrossEntropy.targets == {"binary", "multilabel"}
    assert BinaryCrossEntropy.can_be_bare()
