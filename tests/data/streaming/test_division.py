from __future__ import annotations

import functools
import operator
from pathlib import Path

import numpy as np
import pytest

from mlpspec.data.streaming.blocks import Block, Source
from mlpspec.data.streaming.division import divide
from mlpspec.diagnostics import DataError
from mlpspec.language.sections.data import Split


@pytest.fixture
def blocks(folder, people, write):
    write(people, "people.parquet")

    def of(rows: int) -> list[Block]:
        return list(Source("people", [Path("people.parquet")], format=None, separator=None, tokens=("",)).blocks(people.columns, rows))

    return of


def parts(blocks, split, seed=1):
    """The numbers of each part's rows among all."""
    found: dict[str, list[int]] = {}
    for block in blocks:
        for part, rows in divide(block, split, seed).items():
            found.setdefault(part, []).extend(block.numbers[rows].tolist())
    return found


@pytest.mark.parametrize("split", [Split(), Split(column="part"), Split(group="town"), Split(train=0.5, validation=0.0, test=0.2)])
def test_the_same_rows_whatever_the_blocks(blocks, split):
    whole = parts([Block.join(blocks(1000))], split)
    assert parts(blocks(64), split) == whole
    numbers = functools.reduce(operator.iadd, whole.values(), [])
    assert len(numbers) == len(set(numbers))


def test_parts_have_their_shares_to_within_chance(blocks):
    """Within four standard deviations, sqrt(n p (1 - p)), of n p; rows that are of no part are left out."""
    split = Split(train=0.6, validation=0.1, test=0.2)
    counts = {part: len(rows) for part, rows in parts(blocks(300), split).items()}
    for part, count in counts.items():
        share = getattr(split, part)
        assert abs(count - 1000 * share) < 4 * np.sqrt(1000 * share * (1 - share))
    assert 50 < 1000 - sum(counts.values()) < 160


def test_shares_that_sum_to_one_leave_no_row_out(blocks):
    assert sum(len(rows) for rows in parts(blocks(300), Split(train=0.7, validation=0.1, test=0.2)).values()) == 1000


def test_other_seeds_give_other_rows(blocks):
    assert parts(blocks(300), Split()) != parts(blocks(300), Split(), seed=2)
    assert parts(blocks(300), Split(seed=2)) == parts(blocks(300), Split(), seed=2)


def test_groups_stay_together(blocks, people):
    found = parts(blocks(300), Split(group="family"))
    places = {}
    for part, rows in found.items():
        for number in rows:
            assert places.setdefault(people["family"][number], part) == part
    assert len(found) == 3


def test_a_column_of_parts(blocks, people):
    found = parts(blocks(300), Split(column="part"))
    assert {part: set(people["part"][rows].to_list()) for part, rows in found.items()} == {name: {name} for name in found}


def test_a_column_of_other_words(blocks):
    with pytest.raises(DataError, match="says `(A|B)` where `train`, `validation` or `test` is meant"):
        parts(blocks(300), Split(column="group"))
