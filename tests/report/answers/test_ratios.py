from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score, precision_score, recall_score

from mlpspec.report.answers.ratios import ratios
from mlpspec.report.words import figure


def test_ratios_are_those_of_scikit_learn():
    truth, prediction = np.random.default_rng(0).integers(0, 2, (2, 90))
    hits = int((truth & prediction).sum())
    expected = [figure(score(truth, prediction)) for score in (precision_score, recall_score, f1_score)]
    assert ratios(hits, int(prediction.sum()), int(truth.sum())) == expected


def test_a_ratio_of_nothing_is_a_dash():
    assert ratios(0, 0, 3) == ["–", "0", "0"]
    assert ratios(0, 0, 0) == ["–", "–", "–"]
