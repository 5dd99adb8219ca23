from __future__ import annotations

import numpy as np
from scipy.stats import kstest

from mlpspec.data.streaming.draw import draw, mixed, shares_of, text_numbers


def test_the_finishing_function_is_that_of_splitmix64():
    """The first outputs of SplitMix64 with the seed 1234567, which the generator's users compare with (Rosetta Code, `Splitmix64`)."""
    state = np.uint64(1234567)
    step = 0x9E3779B97F4A7C15
    states = np.array([(int(state) + number * step) % 2**64 for number in (1, 2, 3)], np.uint64)
    assert mixed(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_numbers_do_not_depend_on_other_rows():
    rows = np.arange(1000)
    assert (draw(1, 0, rows)[300:] == draw(1, 0, rows[300:])).all()
    assert (draw(1, 0, rows) != draw(1, 1, rows)).all()
    assert (draw(1, 0, rows) != draw(2, 0, rows)).all()


def test_numbers_are_evenly_distributed():
    shares = shares_of(draw(5, 1, np.arange(100_000)))
    assert kstest(shares, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(shares[1:], shares[:-1])[0, 1]) < 0.01
    assert shares.min() >= 0
    assert shares.max() < 1


def test_text_numbers():
    numbers = text_numbers(["a", "b", "a", ""])
    assert numbers[0] == numbers[2]
    assert len(set(numbers.tolist())) == 3
