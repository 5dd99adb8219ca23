from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlpspec.report import scale
from mlpspec.report.scale import Scale, alone, domain, drawable, labels, log_domain, log_ticks, round_step, ticks

numbers = st.floats(-1e12, 1e12)


def test_examples():
    assert doctest.testmod(scale).failed == 0


def test_a_straight_scale_is_np_interp():
    to = Scale(-2.0, 6.0, 300.0, 40.0)
    values = np.linspace(-2, 6, 9)
    assert [to(value) for value in values] == pytest.approx(np.interp(values, [-2, 6], [300, 40]).tolist())


def test_a_logarithmic_scale_gives_equal_room_to_equal_factors():
    to = Scale(1e-3, 1e1, 0.0, 400.0, log=True)
    assert [to(value) for value in (1e-3, 1e-2, 1e-1, 1, 10)] == pytest.approx([0, 100, 200, 300, 400])
    assert not to.shows(0.0)
    assert not to.shows(-1.0)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 1e308])
def test_what_has_no_place(value):
    assert not Scale(0, 1, 0, 1).shows(value)
    assert drawable([value, 2.0]) == [2.0]


@given(low=numbers, span=st.floats(1e-6, 1e12), count=st.integers(2, 10))
def test_ticks_are_multiples_of_one_round_step_within_the_range(low, span, count):
    assume(span > 1e-9 * abs(low))
    found = ticks(low, low + span, count)
    step = round_step(span, count)
    assert float(f"{step:.0e}"[0]) in (1, 2, 5)
    assert 0.4 * count <= span / step <= 2.6 * count
    slack = 1e-6 * span
    assert all(low - slack <= tick <= low + span + slack for tick in found)
    assert np.allclose(np.diff(found), step, rtol=1e-6, atol=1e-6 * abs(low) * 1e-6)
    assert len(found) >= math.floor(span / step)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 60, [10, 20, 30, 40, 50, 60]),
        (-3, 7, [-2, 0, 2, 4, 6]),
        (0.1, 0.13, [0.1, 0.105, 0.11, 0.115, 0.12, 0.125, 0.13]),
    ],
)
def test_ticks_of_common_ranges(low, high, found):
    assert ticks(low, high, 6 if high != 7 else 5) == found


def test_whole_ticks_never_lie_between_epochs():
    assert ticks(1, 3, 6, whole=True) == [1, 2, 3]
    assert ticks(0.5, 1.5, 6, whole=True) == [1]


def test_logarithmic_ticks():
    assert log_ticks(0.02, 1, 5) == [0.02, 0.05, 0.1, 0.2, 0.5, 1]
    assert log_ticks(1e-9, 1e3, 4) == [1e-9, 1e-6, 1e-3, 1, 1000]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_domains_hold_all_values_and_have_a_width(values):
    low, high = domain(values)
    room = 1e-6 * max(map(abs, values))
    assert low <= min(values) + room
    assert high >= max(values) - room
    assert low < high


@pytest.mark.parametrize(
    ("values", "ends"),
    [([], (0, 1)), ([0.0], (-1, 1)), ([0.1, 0.97], (0, 1)), ([0.81, 0.97], (0.8, 0.98)), ([-5.0, -1.0], (-5, 0)), ([10.0, 10.0], (9, 11))],
)
def test_domains_are_round_and_begin_at_zero_where_it_is_near(values, ends):
    assert domain(values) == pytest.approx(ends)


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=20))
def test_logarithmic_domains_hold_all_values(values):
    low, high = log_domain(values)
    assert 0 < low <= min(values) <= max(values) <= high
    assert low >= min(values) / 5.01


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 0.2, 0.4], ["0", "0.2", "0.4"]),
        (ticks(0, 1.4, 7), ["0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2", "1.4"]),
        ([-1, 0, 1], ["−1", "0", "1"]),
        ([0, 2e6, 4e6], ["0", "2,000k", "4,000k"]),
        ([0, 2e7, 4e7], ["0", "20M", "40M"]),
        ([1000, 2000, 3000], ["1,000", "2,000", "3,000"]),
        ([0, 5e-6, 1e-5], ["0", "5e-6", "1e-5"]),
        ([0.00095, 0.001, 0.00105], ["9.5e-4", "1e-3", "1.05e-3"]),
        ([7.0], ["7"]),
        ([], []),
    ],
)
def test_labels(values, words):
    assert labels(values) == words


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_labels_of_ticks_are_all_different(low, span):
    assume(span > 1e-6 * abs(low))
    words = labels(ticks(low, low + span, 6))
    assert len(set(words)) == len(words)


def test_labels_of_a_logarithmic_axis():
    assert [alone(value) for value in (1e-5, 0.002, 1, 50000, 1e5)] == ["1e-5", "0.002", "1", "50000", "1e5"]


def test_what_is_all_but_zero_is_drawn_as_zero():
    assert drawable([5e-324, -1e-300, 1e-200]) == [0.0, 0.0, 1e-200]
