from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from mlpspec.report.charts import roc, roc_chart
from mlpspec.report.charts.roc import thinned


def sample(rows: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows)
    positive = rng.random(rows) < 0.3
    score = np.clip(0.3 * positive + 0.7 * rng.random(rows), 0, 1)
    return positive, np.round(score, 1) if ties else score


@pytest.mark.parametrize("ties", [False, True])
def test_the_curve_is_that_of_scikit_learn(ties):
    positive, score = sample(300, ties)
    for ours, theirs in zip(roc(positive, score), roc_curve(positive, score, drop_intermediate=False), strict=True):
        assert ours == pytest.approx(theirs)


def test_thinned_curves_keep_their_area():
    positive, score = sample(20_000, ties=False)
    false, true, _ = roc(positive, score)
    x, y = np.array(thinned(false, true, 400)).T
    assert len(x) <= 402
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(roc_auc_score(positive, score), abs=2e-3)


def test_only_points_on_straight_stretches_are_dropped():
    positive = np.array([1, 1, 0, 0, 1, 0], bool)
    false, true, _ = roc(positive, np.arange(6, 0, -1) / 10)
    assert np.array(thinned(false, true)) == pytest.approx(np.array([(0, 0), (0, 2 / 3), (2 / 3, 2 / 3), (2 / 3, 1), (1, 1)]))


def test_the_models_own_answers_are_a_point(picture):
    positive = np.array([True, True, True, True, False, False])
    score = np.array([0.9, 0.8, 0.7, 0.2, 0.6, 0.1])
    drawn = picture(roc_chart("t", "d", positive, score, score > 0.5))
    (dot,) = drawn.all("circle", "dot")
    assert "the model's answers: finds 75\xa0% of the positives, takes 50\xa0% of the negatives for positives" in drawn.titles()
    ends = {label.text: label for label in drawn.all("text", "middle")}
    half = (float(ends["0"].get("x", "")) + float(ends["1.0"].get("x", ""))) / 2
    assert float(dot.get("cx", "")) == pytest.approx(half, abs=0.11)
