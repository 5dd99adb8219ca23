from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from mlpspec.catalog.metrics.base import Answers
from mlpspec.report import TargetAnswers
from mlpspec.report.answers.labels import answers_in_labels
from mlpspec.report.words import count, figure


def test_each_label_has_the_figures_of_scikit_learn(blocks):
    rng = np.random.default_rng(0)
    truth = rng.random((100, 3)) < 0.4
    probability = np.clip(truth * 0.4 + rng.random((100, 3)) * 0.6, 0, 1)
    prediction = probability > 0.5
    answers = Answers(truth.astype(np.int64), prediction.astype(np.int64), probability)
    found = blocks(answers_in_labels("tags", TargetAnswers(answers, ("red", "<green>", "blue"))))
    exact = count(int(accuracy_score(truth, prediction, normalize=False)))
    assert found.lead[0].startswith(f"All labels right for {exact} of 100 rows;")
    table = found.table("Each label")
    assert [row[0] for row in table] == ["red", "<green>", "blue"]
    for i, row in enumerate(table):
        assert row[5] == figure(float(f1_score(truth[:, i], prediction[:, i])))
        assert row[6] == figure(float(roc_auc_score(truth[:, i], probability[:, i])))
    assert found.headings == ["Calibration"]


def test_a_label_that_all_rows_have_has_no_area(blocks):
    answers = Answers(np.ones((4, 1), int), np.ones((4, 1), int), np.full((4, 1), 0.9))
    assert blocks(answers_in_labels("tags", TargetAnswers(answers, ("always",)))).table("Each label")[0][-1] == "–"
