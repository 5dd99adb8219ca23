from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from mlpspec.catalog.metrics.base import Answers
from mlpspec.report import TargetAnswers
from mlpspec.report.answers.numbers import answers_in_numbers
from mlpspec.report.words import figure

ERRORS = "Errors in the target's own unit"


def test_figures_are_those_of_scikit_learn(blocks):
    rng = np.random.default_rng(0)
    truth = rng.normal(50, 10, (300, 1))
    prediction = truth + rng.normal(1, 3, (300, 1))
    found = blocks(answers_in_numbers("price", TargetAnswers(Answers(truth, prediction), None, ("price",)), 2000))
    table = dict(found.table(ERRORS))  # type: ignore[arg-type]
    assert table["mean |error|"] == figure(float(mean_absolute_error(truth, prediction)))
    assert table["RMSE"] == figure(float(root_mean_squared_error(truth, prediction)))
    assert table["R²"] == figure(float(r2_score(truth, prediction)))
    assert table["mean error"] == figure(float((prediction - truth).mean()))
    assert table["RMSE of always answering the mean"] == figure(float(root_mean_squared_error(truth, np.full_like(truth, truth.mean()))))
    assert found.headings == ["Predicted against true", "Errors"]


def test_the_lead_compares_with_always_answering_the_median(blocks):
    truth, prediction = np.array([[1.0], [2.0], [9.0]]), np.array([[1.0], [3.0], [8.0]])
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(truth, prediction)), 2000))
    assert found.lead == ["Off by 0.6667 on average. Always answering the median, 2, would be off by 2.667."]


def test_the_largest_errors_come_first(blocks):
    truth, prediction = np.zeros((20, 1)), np.arange(-5.0, 15.0).reshape(-1, 1)
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(truth, prediction)), 2000))
    assert [row[2] for row in found.table("Largest errors")] == ["14", "13", "12", "11", "10", "9", "8", "7"]


def test_several_columns_have_a_table_and_some_charts(blocks):
    truth = np.random.default_rng(0).normal(size=(30, 6))
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(truth, truth * 1.1), None, tuple("abcdef")), 2000))
    assert [row[0] for row in found.table(ERRORS)] == list("abcdef")
    assert found.headings[:2] == ["a: Predicted against true", "a: Errors"]
    assert found.pictures == 8


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_what_is_not_finite_is_left_out_and_said(blocks, bad):
    truth, prediction = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [bad], [3.0]])
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(truth, prediction)), 2000))
    assert any("Left out, not finite: 1 row." in "".join(note.itertext()) for note in found.root.iter("p"))


def test_no_finite_prediction_at_all(blocks):
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(np.ones((2, 1)), np.full((2, 1), np.nan))), 2000))
    assert found.lead == ["x: no row has a finite prediction."]
    assert found.pictures == 0


def test_a_constant_truth_has_no_r2(blocks):
    found = blocks(answers_in_numbers("x", TargetAnswers(Answers(np.ones((3, 1)), np.array([[1.0], [1.5], [0.5]]))), 2000))
    assert dict(found.table(ERRORS))["R²"] == "–"  # type: ignore[arg-type]
