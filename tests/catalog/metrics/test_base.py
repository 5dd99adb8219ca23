from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.metrics import METRICS
from mlpspec.catalog.metrics.base import Answers, UndefinedMetric


@pytest.mark.parametrize("entry", list(METRICS), ids=lambda entry: entry.kind)
def test_says_what_it_suits_and_which_way_is_better(entry):
    assert entry.targets in ({"category", "binary", "multilabel"}, {"category", "binary"}, {"numeric"})
    assert entry.goal in ("max", "min")


@pytest.mark.parametrize("entry", list(METRICS), ids=lambda entry: entry.kind)
def test_is_undefined_without_rows(entry):
    if "numeric" in entry.targets:
        answers = Answers(np.zeros((0, 2)), np.zeros((0, 2)))
    else:
        answers = Answers(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 3)))
    with pytest.raises(UndefinedMetric, match="no rows"):
        entry().compute(answers)


@pytest.mark.parametrize("kind", ["mae", "rmse", "r2"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_is_undefined_for_predictions_that_are_no_numbers(kind, bad):
    with pytest.raises(UndefinedMetric, match="prediction"):
        METRICS[kind]().compute(Answers(np.array([[1.0], [2.0]]), np.array([[1.0], [bad]])))


@pytest.mark.parametrize("kind", ["auroc", "log_loss"])
def test_is_undefined_without_valid_probabilities(kind):
    truth = np.array([0, 1])
    with pytest.raises(UndefinedMetric, match="no probabilities"):
        METRICS[kind]().compute(Answers(truth, truth))
    with pytest.raises(UndefinedMetric, match="NaN"):
        METRICS[kind]().compute(Answers(truth, truth, np.array([[0.5, 0.5], [np.nan, 0.5]])))


@pytest.mark.parametrize("entry", list(METRICS), ids=lambda entry: entry.kind)
def test_gives_a_plain_float_and_changes_nothing(entry, three_classes, numbers):
    answers = numbers if "numeric" in entry.targets else three_classes
    before = [array.copy() for array in (answers.truth, answers.prediction)]
    assert type(entry().compute(answers)) is float
    np.testing.assert_array_equal(before, [answers.truth, answers.prediction])


def test_numbers_are_calculated_in_double_precision():
    truth = np.full((1000, 1), 16_777_216.0, dtype=np.float32)  # 2^24, where float32 has steps of 2
    assert METRICS["mae"]().compute(Answers(truth, truth - np.float32(1))) == 1
