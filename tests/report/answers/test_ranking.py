from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from mlpspec.report.answers.ranking import ranking, threshold_row
from mlpspec.report.words import figure, percent


def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    positive = rng.random(200) < 0.4
    return positive, np.round(np.clip(0.3 * positive + 0.7 * rng.random(200), 0, 1), 2)


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_rates_are_those_of_scikit_learn(threshold):
    positive, score = sample()
    called = score >= threshold
    false = 1 - recall_score(~positive, ~called)
    expected = [percent(float(rate)) for rate in (recall_score(positive, called), false, precision_score(positive, called))]
    assert threshold_row(positive, score, threshold) == [f"{threshold:g}", *expected]


def test_a_threshold_that_nothing_reaches_has_no_precision():
    assert threshold_row(np.array([True, False]), np.array([0.1, 0.2]), 0.9)[-1] == "–"


def test_the_area_is_that_of_scikit_learn(blocks):
    positive, score = sample()
    found = ranking("x", positive, score, score > 0.5, ("no", "<yes>"))
    assert f"Area under the curve {figure(float(roc_auc_score(positive, score)))}:" in found.chart
    assert len(blocks([found.thresholds]).table("“<yes>” from this probability on")) == 9
