from __future__ import annotations

import pytest

from mlpspec.catalog.batch_sizes import Auto
from mlpspec.catalog.batch_sizes.auto import usual_batch_size


def test_the_spec_alone_does_not_tell():
    assert Auto().stages() == ()


@pytest.mark.parametrize(
    ("rows", "accumulate", "expected"),
    [(10, 1, 16), (512, 1, 32), (511, 1, 16), (512, 2, 16), (10**9, 1, 8192), (10**9, 4, 8192)],
)
def test_the_largest_leaves_enough_steps_an_epoch(rows, accumulate, expected):
    found = Auto(steps=16).largest(rows, accumulate)
    assert found == expected
    assert found == 16 or rows // (found * accumulate) >= 16


def test_the_rate_is_meant_for_the_reference():
    auto = Auto(reference=32, learning_rate_scaling="linear")
    assert auto.found(128) == ((0, 128, 4.0),)
    assert Auto().found(128) == ((0, 128, 1.0),)


@pytest.mark.parametrize("rows", [0, 10, 640, 641, 5_000, 20_479, 20_480, 10**9])
def test_what_is_usual_makes_twenty_steps_or_more(rows):
    size = usual_batch_size(rows)
    assert size in {16, 32, 64, 128, 256, 512, 1024}
    assert size == 16 or rows / size >= 20
    assert size == 1024 or rows / (2 * size) < 20
