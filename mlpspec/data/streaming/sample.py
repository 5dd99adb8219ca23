"""The rows that preprocessing is fitted on where there are too many to hold: a random sample, and rows that a sample could lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from mlpspec.catalog.reading import Reading
from mlpspec.data.column import ColumnReader
from mlpspec.data.streaming.blocks import Block
from mlpspec.data.streaming.draw import draw
from mlpspec.diagnostics import DataError
from mlpspec.instants import NO_TIME

SAMPLE_ROWS, SAMPLE_CELLS = 1_000_000, 1 << 24
"""A sample has at most so many rows, and at most so many cells."""

MOST_VALUES = 1_000_000
"""A column with more different values names rows, not kinds of them."""

_SAMPLING = 1
"""The purpose of the random numbers."""


class Sample:
    """Collects rows from the blocks of a source, in any number of them; the same rows whatever the blocks.

    Of the training rows it keeps the `limit` ones with the smallest random numbers, which is a random sample without replacement; for each
    column of values the first row of each value, and for each column of numbers or times the rows of the least and the greatest one. Of all
    rows it keeps for each column the first one where the value is missing.

    Args:
        readings: for each column how it is read, where it is read in a way that needs certain rows.
        limit: the size of the random sample.
        seed: decides which rows are in it.
    """

    def __init__(self, readings: Mapping[str, Reading], limit: int, seed: int):
        self._readings, self._limit, self._seed = readings, limit, seed
        self._drawn: list[tuple[Block, np.ndarray]] = []
        self._drawn_rows = 0
        self._threshold = np.uint64(2**64 - 1)
        self._seen: dict[str, set[object]] = {name: set() for name, reading in readings.items() if reading.cells == "values"}
        self._firsts: list[Block] = []
        self._ends: dict[tuple[str, str], tuple[float, int]] = {}  # a rank, and the number of its row
        self._end_rows: list[Block] = []
        self.training_rows = 0

    def add(self, block: Block, train: np.ndarray) -> None:
        """Look at the next block, of which the rows `train`, (rows,) int64, are training rows.

        Raises:
            DataError: when cells of columns of numbers or times cannot be read, in any of its rows; or when a column has too many values.
        """
        self.training_rows += len(train)
        reader = ColumnReader(block)
        self._draw(block, train)
        must = [row for name in self._seen for row in self._new_values(name, block, train)]
        ends = [row for name, reading in self._readings.items() for row in self._find_ends(name, reading, block, reader, train)]
        must += [row for name in block.frame.columns for row in self._first_null(name, block)]
        reader.raise_problems()
        if must:
            self._firsts.append(block[np.unique(must)])
        if ends:
            self._end_rows.append(block[np.unique(ends)])
            if len(self._end_rows) > 16:
                self._forget_surpassed()

    def table(self) -> Block | None:
        """All rows that were kept, in the order of the source; None when there are none."""
        self._forget_surpassed()
        blocks = [*(block for block, _ in self._smallest()), *self._firsts, *self._end_rows]
        return Block.join(blocks) if blocks else None

    def _draw(self, block: Block, train: np.ndarray) -> None:
        numbers = draw(self._seed, _SAMPLING, block.numbers[train])
        chosen = numbers <= self._threshold
        if chosen.any():
            self._drawn.append((block[train[chosen]], numbers[chosen]))
            self._drawn_rows += int(chosen.sum())
        if self._drawn_rows > 2 * self._limit:
            self._drawn = self._smallest()
            self._drawn_rows = sum(block.rows for block, _ in self._drawn)

    def _smallest(self) -> list[tuple[Block, np.ndarray]]:
        """The blocks, once no row is drawn that is not among the `limit` ones with the smallest numbers."""
        if self._drawn_rows <= self._limit:
            return self._drawn
        numbers = np.concatenate([numbers for _, numbers in self._drawn])
        self._threshold = np.partition(numbers, self._limit - 1)[self._limit - 1]
        kept = [(block[np.flatnonzero(numbers <= self._threshold)], numbers[numbers <= self._threshold]) for block, numbers in self._drawn]
        joined = Block.join([block for block, _ in kept])
        return [(joined, draw(self._seed, _SAMPLING, joined.numbers))]

    def _new_values(self, name: str, block: Block, train: np.ndarray) -> list[int]:
        """The training rows that hold a value of a column for the first time."""
        if name not in block.frame.columns:
            return []
        series, seen, separator = block.frame[name][train], self._seen[name], self._readings[name].separator
        if isinstance(series.dtype, pl.List | pl.Array | pl.Struct):
            return []  # no categories, which whoever is fitted says
        firsts = series.arg_unique().sort()
        rows = []
        for row, value in zip(firsts.to_list(), series[firsts].to_list(), strict=True):
            values = {value} if separator is None or not isinstance(value, str) else set(value.split(separator))
            if not values <= seen:
                seen |= values
                rows.append(int(train[row]))
        if len(seen) > MOST_VALUES:
            help = "leave the column out, name its `categories`, or use `encode: hashing` for whole numbers"
            message = f"column `{name}` has more than {MOST_VALUES:,} different values"
            raise DataError(message, place=block.place(rows[-1]) if rows else block.name, help=help)
        return rows

    def _find_ends(self, name: str, reading: Reading, block: Block, reader: ColumnReader, train: np.ndarray) -> list[int]:
        """The training rows with a value of a column that is less or greater than all before."""
        if reading.cells not in ("numbers", "times", "array") or name not in block.frame.columns:
            return []
        found = []
        for side, rank in zip(("least", "greatest"), _ranks(name, reading, reader, train), strict=True):
            if len(rank) and not np.isnan(least := np.fmin.reduce(rank)):
                row = int(train[np.flatnonzero(rank == least)[0]])
                if least < self._ends.get((name, side), (np.inf, 0))[0]:
                    self._ends[name, side] = float(least), int(block.numbers[row])
                    found.append(row)
        return found

    def _first_null(self, name: str, block: Block) -> list[int]:
        """The first row of all where a column has no value."""
        series = block.frame[name]
        if (name, "null") in self._ends or not series.null_count():
            return []
        row = int(series.is_null().arg_true()[0])
        self._ends[name, "null"] = (0.0, int(block.numbers[row]))
        return [row]

    def _forget_surpassed(self) -> None:
        """Let go of rows that were the least or the greatest for a while."""
        if self._end_rows:
            joined = Block.join(self._end_rows)
            needed = [number for _, number in self._ends.values()]
            self._end_rows = [joined[np.flatnonzero(np.isin(joined.numbers, needed))]]


def sample_size(frame: pl.DataFrame) -> int:
    """How many rows a sample has, by the width of a row.

    >>> sample_size(pl.DataFrame({"a": [1.0]})), sample_size(pl.DataFrame({f"c{i}": [1.0] for i in range(256)}))
    (1000000, 65536)
    """
    cells = sum(_cells(series) for series in frame.iter_columns())
    return max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, cells)))


def columns_read(readings: Sequence[Reading], columns: Sequence[str], reserved: Sequence[str]) -> dict[str, Reading]:
    """Which of the columns are read, and how; of two ways the one that needs more rows."""
    from fnmatch import fnmatchcase

    rank = ("values", "numbers", "times", "array", "other")
    found: dict[str, Reading] = {name: Reading((name,), "other") for name in reserved if name in columns}
    for reading in sorted(readings, key=lambda reading: rank.index(reading.cells), reverse=True):
        for pattern in reading.columns:
            names = [pattern] if pattern in columns else [name for name in columns if fnmatchcase(name, pattern)]
            found.update(dict.fromkeys(names, reading))
    return found


def _ranks(name: str, reading: Reading, reader: ColumnReader, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a column's rows, NaN where there is none, (rows,) float64: the smallest is the least one; the smallest is the greatest."""
    if reading.cells == "array":
        values = reader.array(name)
        if values is None or not values.size:
            return np.empty(0), np.empty(0)
        values = values[rows].reshape(len(rows), -1)
        return values.min(axis=1).astype(np.float64), -values.max(axis=1).astype(np.float64)
    if reading.cells == "numbers":
        numbers = reader.numbers((name,))[rows, 0]
    else:
        seconds = reader.seconds((name,))[rows, 0]
        numbers = np.where(seconds == NO_TIME, np.nan, seconds)
    return numbers, -numbers


def _cells(series: pl.Series) -> int:
    """How many cells the first row of a column has."""
    first = series[0] if len(series) else None
    return int(np.size(first.to_numpy())) if isinstance(first, pl.Series) else 1
