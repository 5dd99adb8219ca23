from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from mlpspec.catalog.reading import Reading
from mlpspec.data.streaming import sample as module
from mlpspec.data.streaming.blocks import Block, Places
from mlpspec.data.streaming.sample import Sample, columns_read, sample_size
from mlpspec.diagnostics import DataError


def block_of(frame, first=0):
    numbers = np.arange(first, first + frame.height)
    places = Places(["t.parquet"], np.zeros(frame.height, np.int64), numbers + 1, are_lines=False)
    return Block("t.parquet", tuple(frame.columns), frame, numbers, places, ("",))


def sampled(frame, readings, limit, *, size=100, seed=1, train=lambda numbers: numbers >= 0):
    sample = Sample(readings, limit, seed)
    for first in range(0, frame.height, size):
        block = block_of(frame[first : first + size], first)
        sample.add(block, np.flatnonzero(train(block.numbers)))
    return sample.table()


def numbers(name):
    return {name: Reading((name,), "numbers")}


def values(name, separator=None):
    return {name: Reading((name,), "values", separator)}


FRAME = pl.DataFrame({"x": np.random.default_rng(0).normal(size=5000), "word": [f"w{n % 7}" for n in range(5000)]})


def test_all_rows_where_they_are_few():
    table = sampled(FRAME, numbers("x"), 5000)
    assert table.numbers.tolist() == list(range(5000))
    assert table.frame.equals(FRAME)


def test_the_sample_does_not_depend_on_the_blocks():
    one, other = (sampled(FRAME, {**numbers("x"), **values("word")}, 300, size=size) for size in (37, 5000))
    assert one.numbers.tolist() == other.numbers.tolist()
    assert one.frame.equals(other.frame)
    assert 300 <= one.rows <= 300 + 7 + 2


def test_the_sample_is_even_over_the_rows():
    """Of 1000 drawn rows, as many come from the first half as of 1000 tosses of a coin come up heads."""
    table = sampled(FRAME, {}, 1000)
    assert table.rows == 1000
    assert binomtest(int((table.numbers < 2500).sum()), 1000).pvalue > 0.001


def test_other_seeds_draw_other_rows():
    assert set(sampled(FRAME, {}, 100).numbers.tolist()) != set(sampled(FRAME, {}, 100, seed=2).numbers.tolist())


def test_least_greatest_and_first_missing_rows_are_there():
    frame = FRAME.with_columns(x=pl.when(pl.int_range(5000).is_in([4321, 4400])).then(None).otherwise("x"))
    table = sampled(frame, numbers("x"), 10)
    assert (table.frame["x"].min(), table.frame["x"].max()) == (frame["x"].min(), frame["x"].max())
    assert 4321 in table.numbers
    assert 4400 not in table.numbers
    assert table.rows <= 13


def test_every_value_is_there_at_its_first_row():
    frame = FRAME.with_columns(word=pl.when(pl.int_range(5000).is_in([4000, 4001])).then(pl.lit("rare")).otherwise("word"))
    table = sampled(frame, values("word"), 5)
    assert set(table.frame["word"]) == {"rare", *(f"w{n}" for n in range(7))}
    assert 4000 in table.numbers
    assert 4001 not in table.numbers


def test_every_label_of_a_text_is_there():
    frame = pl.DataFrame({"tags": ["a", "b", "a|b", "a|c", "c", "b|a"] * 100})
    table = sampled(frame, values("tags", "|"), 1)
    assert {0, 1, 3} <= set(table.numbers.tolist())
    assert table.rows <= 4


def test_only_training_rows_are_drawn():
    """Of other rows nothing is learnt but that something is missing."""
    frame = pl.DataFrame({"x": [5.0, 1.0, 9.0, 2.0, None], "word": ["a", "b", "a", "a", "c"]})
    table = sampled(frame, {**numbers("x"), **values("word")}, 100, train=lambda numbers: np.isin(numbers, [0, 3]))
    assert table.numbers.tolist() == [0, 3, 4]


def test_ends_of_arrays():
    frame = pl.DataFrame({"image": pl.Series([[n % 90, 200 - n % 77] for n in range(500)], dtype=pl.Array(pl.Int16, 2))})
    table = sampled(frame, {"image": Reading(("image",), "array")}, 1)
    found = table.frame["image"].to_numpy()
    assert (found.min(), found.max()) == (0, 200)


def test_times():
    frame = pl.DataFrame({"day": pl.Series(np.datetime64("2020-01-01") + np.arange(500), dtype=pl.Date).shuffle(seed=1)})
    table = sampled(frame, {"day": Reading(("day",), "times")}, 1)
    assert (table.frame["day"].min(), table.frame["day"].max()) == (frame["day"].min(), frame["day"].max())


def test_surpassed_rows_are_let_go():
    frame = pl.DataFrame({"x": np.arange(5000.0)})
    assert sampled(frame, numbers("x"), 1, size=10).rows <= 20


def test_a_column_with_too_many_values(monkeypatch):
    monkeypatch.setattr(module, "MOST_VALUES", 5)
    with pytest.raises(DataError, match="column `word` has more than 5 different values"):
        sampled(FRAME, values("word"), 10)


def test_cells_that_are_no_numbers():
    with pytest.raises(DataError, match="column `x`: `two` is not a number"):
        sampled(pl.DataFrame({"x": ["1", "two"]}), numbers("x"), 10)


def test_strings_do_not_keep_their_blocks(folder):
    """What is drawn of a block is copied, so that a million drawn rows do not hold all blocks in memory."""
    frame = pl.DataFrame({"word": [f"{'x' * 500}{n}" for n in range(20_000)]})
    table = sampled(frame, {}, 20, size=2000)
    assert table.frame.estimated_size() < 20 * 600


def test_size():
    wide = pl.DataFrame({"image": pl.Series([[0] * 784], dtype=pl.Array(pl.UInt8, 784))})
    assert sample_size(wide) == 2**24 // 784
    assert sample_size(FRAME) == 1_000_000


def test_columns_that_are_read():
    readings = [Reading(("a_*",), "numbers"), Reading(("a_1",), "values"), Reading(("none",), "numbers")]
    found = columns_read(readings, ["a_1", "a_2", "b", "part"], ["part"])
    assert {name: reading.cells for name, reading in found.items()} == {"part": "other", "a_1": "values", "a_2": "numbers"}
