from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlpspec.report.charts import histogram, residual_chart


@given(arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e6, 1e6)))
def test_every_value_is_counted_once(values):
    found = histogram(values)
    assert int(found.counts.sum()) + found.below + found.above == len(values)
    assert len(found.edges) == len(found.counts) + 1
    assert np.all(np.diff(found.edges) > 0)


def test_counts_are_those_of_numpy_and_zero_is_an_edge():
    values = np.random.default_rng(0).normal(0.3, 2, 1000)
    found = histogram(values)
    assert np.array_equal(found.counts, np.histogram(values, found.edges)[0])
    assert np.abs(found.edges).min() == 0
    assert 8 <= len(found.counts) <= 60
    assert (found.below, found.above) == (0, 0)


def test_long_tails_are_counted_but_not_drawn():
    values = np.r_[np.random.default_rng(0).normal(size=1000), 1e6, -1e5, -1e5]
    found = histogram(values)
    assert found.edges[-1] < 10
    assert found.above >= 1
    assert found.below >= 2


@pytest.mark.parametrize("values", [np.zeros(5), np.full(3, 2.5), np.array([1e-9])])
def test_equal_errors_have_a_histogram(values):
    assert int(histogram(values).counts.sum()) == len(values)


def test_bars_are_as_high_as_their_counts(picture):
    found = histogram(np.array([-1.5, -0.5, -0.5, 0.5, 0.5, 0.5, 0.5, 1.5]))
    drawn = picture(residual_chart("t", "d", found))
    heights = [float(bar.get("height", "")) for bar in drawn.all("rect", "bar")]
    counts = [count for count in found.counts.tolist() if count]
    assert np.array(heights) / heights[0] == pytest.approx(np.array(counts) / counts[0], abs=0.02)
    assert "no error" in drawn.texts()
