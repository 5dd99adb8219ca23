from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from mlpspec.catalog.metrics.base import Answers
from mlpspec.report import TargetAnswers
from mlpspec.report.answers.classes import Mistake, answers_in_classes, mistakes, tally
from mlpspec.report.words import count, figure


def sample(classes: int, rows: int = 400, binary: bool = False) -> Answers:
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, rows)
    probability = rng.dirichlet(np.ones(classes), rows)
    probability[np.arange(rows), truth] += 0.2
    probability /= probability.sum(axis=1, keepdims=True)
    return Answers(truth, probability.argmax(axis=1), probability, binary)


def test_figures_of_each_class_are_those_of_scikit_learn(blocks):
    answers = sample(4)
    found = blocks(answers_in_classes("species", TargetAnswers(answers, ("a", "b", "<c>", "d"))))
    precision, recall, f1, support = precision_recall_fscore_support(answers.truth, answers.prediction)
    predicted = np.bincount(answers.prediction)
    assert found.table("Precision, recall and F1 of each class") == [
        [name, count(int(support[i])), count(int(predicted[i])), *[figure(float(score[i])) for score in (precision, recall, f1)]]
        for i, name in enumerate(("a", "b", "<c>", "d"))
    ]


def test_the_verdict_compares_with_always_answering_the_most_frequent_class(blocks):
    truth, prediction = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    found = blocks(answers_in_classes("x", TargetAnswers(Answers(truth, prediction), ("yes", "no"))))
    assert found.lead == ["Right for 3 of 4 rows (75 %). Always answering “yes” would be right for 75 %."]


def test_mistakes_are_counted_and_ordered():
    truth, prediction = np.array([0, 0, 1, 1, 1, 2, 2]), np.array([1, 0, 2, 2, 0, 2, 1])
    assert mistakes(truth, prediction, 3) == [Mistake(1, 2, 2), Mistake(0, 1, 1), Mistake(1, 0, 1), Mistake(2, 1, 1)]
    assert [numbers.tolist() for numbers in tally(truth, prediction, 3)] == [[1, 0, 1], [2, 2, 3], [2, 3, 2]]


@pytest.mark.parametrize(
    ("classes", "headings"),
    [(3, ["Confusion", "Calibration"]), (12, ["Confusion", "Calibration"]), (20, ["Confusion", "Calibration"]), (21, ["Calibration"])],
)
def test_pictures_by_the_number_of_classes(blocks, classes, headings):
    names = [f"class {i}" for i in range(classes)]
    found = blocks(answers_in_classes("x", TargetAnswers(sample(classes), names)))
    assert found.headings == headings
    assert found.pictures == len(headings)
    assert len(found.table("Precision, recall and F1 of each class")) == classes
    assert len(found.table("Most frequent mistakes")) == 15 or classes < 5


def test_a_binary_target_has_a_roc_curve(blocks):
    found = blocks(answers_in_classes("x", TargetAnswers(sample(2, binary=True), ("no", "yes"))))
    assert found.headings == ["Confusion", "ROC curve", "Calibration"]


def test_a_binary_target_with_one_class_only_has_none(blocks):
    answers = Answers(np.ones(5, int), np.ones(5, int), np.tile([0.2, 0.8], (5, 1)), binary=True)
    assert blocks(answers_in_classes("x", TargetAnswers(answers, ("no", "yes")))).headings == ["Confusion", "Calibration"]


def test_probabilities_that_are_not_numbers_are_not_drawn(blocks):
    answers = Answers(np.array([0, 1]), np.array([0, 0]), np.array([[np.nan, 1], [1, 0]]))
    assert blocks(answers_in_classes("x", TargetAnswers(answers, ("a", "b")))).headings == ["Confusion"]


def test_classes_without_names_have_numbers(blocks):
    found = blocks(answers_in_classes("x", TargetAnswers(Answers(np.array([0, 2]), np.array([0, 2])), ("a",))))
    assert [row[0] for row in found.table("Precision, recall and F1 of each class")] == ["a", "class 1", "class 2"]


def test_many_classes_do_not_make_a_large_matrix(blocks):
    truth = np.arange(100_000)
    found = blocks(answers_in_classes("x", TargetAnswers(Answers(truth, np.roll(truth, 1)), [str(i) for i in truth])))
    assert len(found.table("Precision, recall and F1 of each class")) == 50
