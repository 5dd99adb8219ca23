"""Answers to judge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlpspec.catalog.metrics.base import Answers


@pytest.fixture
def three_classes() -> Answers:
    """200 rows of three uneven classes, somewhat well predicted; probabilities are rounded, so that many are equal."""
    random = np.random.default_rng(0)
    truth = random.choice(3, size=200, p=[0.6, 0.3, 0.1])
    probability = random.dirichlet([1, 1, 1], size=200) + 0.5 * np.eye(3)[truth]
    probability = np.round(probability / 1.5, 1) + 0.01
    probability /= probability.sum(axis=1, keepdims=True)
    return Answers(truth, probability.argmax(axis=1), probability)


@pytest.fixture
def yes_or_no() -> Answers:
    """100 rows of a binary target, a third of them positive, with many equal probabilities."""
    random = np.random.default_rng(1)
    truth = (random.random(100) < 0.3).astype(np.int64)
    positive = np.round(np.clip(0.4 * random.random(100) + 0.35 * truth + 0.1, 0, 1), 1)
    return Answers(truth, (positive >= 0.5).astype(np.int64), np.stack([1 - positive, positive], axis=1), binary=True)


@pytest.fixture
def several_labels() -> Answers:
    """150 rows of four labels, from rare to frequent, half predicted well."""
    random = np.random.default_rng(3)
    truth = (random.random((150, 4)) < [0.05, 0.2, 0.5, 0.9]).astype(np.int64)
    probability = np.round(np.clip(0.6 * random.random((150, 4)) + 0.3 * truth, 0, 1), 1)
    return Answers(truth, (probability >= 0.5).astype(np.int64), probability)


@pytest.fixture
def numbers() -> Answers:
    """50 rows of two columns of different size."""
    random = np.random.default_rng(2)
    truth = random.normal(size=(50, 2)) * [1, 100] + [0, 500]
    return Answers(truth, truth + random.normal(size=(50, 2)) * [0.5, 20])


@pytest.fixture
def classes() -> Callable[..., Answers]:
    """Answers from lists of class numbers."""

    def build(truth: list[int], prediction: list[int], *, binary: bool = False) -> Answers:
        return Answers(np.array(truth, dtype=np.int64), np.array(prediction, dtype=np.int64), binary=binary)

    return build
