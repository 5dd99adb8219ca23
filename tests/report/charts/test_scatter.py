from __future__ import annotations

import re

import numpy as np
import pytest

from mlpspec.report.charts import chosen_rows, scatter_chart


def places(drawn) -> list[tuple[float, float]]:
    found = [re.findall(r"M([\d.]+) ([\d.]+)h0", path.get("d")) for path in drawn.all("path", "dots")]
    return [(float(x), float(y)) for layer in found for x, y in layer]


def test_a_subsample_is_the_same_each_time_without_doubles():
    rows = chosen_rows(10_000, 2000)
    assert np.array_equal(rows, chosen_rows(10_000, 2000))
    assert len(np.unique(rows)) == 2000
    assert rows.max() > 9000
    assert chosen_rows(5).tolist() == [0, 1, 2, 3, 4]


def test_exact_predictions_lie_on_the_diagonal(picture):
    values = np.linspace(-3, 12, 30)
    drawn = picture(scatter_chart("t", "d", values, values))
    found = np.array(places(drawn))
    assert len(found) == 30
    assert np.ptp(found.sum(axis=1)) < 0.25  # x + y is the same for all: pixels run down


def test_too_high_predictions_lie_above(picture):
    truth = np.array([0.0, 10.0, 5.0])
    drawn = picture(scatter_chart("t", "d", truth, np.array([0.0, 10.0, 9.0])))
    low, middle, high = sorted(places(drawn))
    share = (middle[0] - low[0]) / (high[0] - low[0])
    assert share == pytest.approx(0.5, abs=0.01)
    assert middle[1] == pytest.approx(low[1] + 0.9 * (high[1] - low[1]), abs=0.2)


def test_no_more_dots_than_asked_for(picture):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=5000)
    text = scatter_chart("t", "d", truth, truth + rng.normal(size=5000))
    assert len(places(picture(text))) == 2000
    assert len(text) < 40_000


def test_a_constant_truth_is_drawn(picture):
    assert len(places(picture(scatter_chart("t", "d", np.full(3, 7.0), np.full(3, 7.0))))) == 3
