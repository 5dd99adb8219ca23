from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve

from mlpspec.report.charts import calibration_error, reliability, reliability_chart
from mlpspec.report.charts.reliability import wilson


def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    probability = np.r_[rng.random(500) ** 2, 0.0, 1.0, 0.1, 0.5]
    return rng.random(504) < probability**1.3, probability


def test_examples():
    assert doctest.testmod(importlib.import_module("mlpspec.report.charts.reliability")).failed == 0


def test_bins_are_those_of_scikit_learn():
    came_true, probability = sample()
    found = reliability(came_true, probability)
    seen, said = calibration_curve(came_true, probability, n_bins=10)
    assert [bin.seen for bin in found] == pytest.approx(seen.tolist())
    assert [bin.said for bin in found] == pytest.approx(said.tolist())
    assert sum(bin.rows for bin in found) == len(probability)


def test_bins_without_rows_are_left_out():
    (bin,) = reliability(np.array([True, False]), np.array([0.72, 0.78]))
    assert (bin.low, bin.high, bin.rows, bin.seen) == (pytest.approx(0.7), pytest.approx(0.8), 2, 0.5)


@pytest.mark.parametrize(("hits", "size"), [(0, 5), (3, 7), (50, 100), (9, 9)])
def test_intervals_are_those_of_scipy(hits, size):
    expected = binomtest(hits, size).proportion_ci(0.95, method="wilson")
    assert wilson(hits / size, size) == pytest.approx((expected.low, expected.high))


def test_the_calibration_error_by_hand():
    found = reliability(np.array([True, True, False, False]), np.array([0.95, 0.95, 0.95, 0.05]))
    assert calibration_error(found) == pytest.approx((3 * abs(0.95 - 2 / 3) + 1 * 0.05) / 4)


def test_a_point_and_an_interval_for_each_bin(picture):
    found = reliability(*sample())
    drawn = picture(reliability_chart("t", "d", found, said="said", seen="seen"))
    dots = drawn.all("circle", "dot")
    assert len(dots) == len(found)
    ends = {label.text: float(label.get("x", "")) for label in drawn.all("text", "middle")}
    expected = [ends["0"] + bin.said * (ends["1.0"] - ends["0"]) for bin in found]
    assert [float(dot.get("cx", "")) for dot in dots] == pytest.approx(expected, abs=0.11)
    assert drawn.all("path", "whisker")[0].get("d", "").count("M") == len(found)
