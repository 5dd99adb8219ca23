from __future__ import annotations

from sklearn.metrics import accuracy_score

from mlpspec.catalog.metrics.accuracy import Accuracy


def test_equals_that_of_scikit_learn(three_classes, yes_or_no, several_labels):
    for answers in (three_classes, yes_or_no, several_labels):
        assert Accuracy().compute(answers) == accuracy_score(answers.truth, answers.prediction)


def test_from_none_to_all_right(classes):
    assert Accuracy().compute(classes([0, 1, 2], [1, 2, 0])) == 0
    assert Accuracy().compute(classes([0, 1, 2], [0, 1, 2])) == 1
