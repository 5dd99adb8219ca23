from __future__ import annotations

import doctest
import math

import pytest

from mlpspec.report import words
from mlpspec.report.words import clipped, duration, figure, moment, percent


def test_examples():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-0.5, "−0.5"),
        (0.0, "0"),
        (1e-7, "1e-07"),
        (999.96, "1000"),
        (5e12, "5,000,000,000,000"),
        (1.5e20, "1.5e+20"),
        (math.inf, "∞"),
        (math.nan, "NaN"),
    ],
)
def test_figures(value, said):
    assert figure(value) == said


@pytest.mark.parametrize(("share", "said"), [(0.0, "0"), (0.00001, "< 0.1"), (2 / 3, "66.7"), (0.99951, "> 99.9"), (1.0, "100")])
def test_percent_is_not_rounded_to_all_or_nothing(share, said):
    assert percent(share).replace("\xa0", " ") == f"{said} %"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.7, "1 min"), (60, "1 min"), (3599.6, "1 h"), (7325, "2 h 2 min")],
)
def test_lengths_of_time(seconds, said):
    assert duration(seconds) == said


def test_moments_keep_what_they_cannot_read():
    assert moment("2026-11-21T05:31:02+0100") == "21 November 2026, 05:31"
    assert moment("yesterday") == "yesterday"


def test_clipped_names_have_the_length_asked_for():
    assert len(clipped("x" * 50, 17)) == 17
