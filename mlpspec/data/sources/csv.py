"""CSV files, whole. All cells are texts; what is malformed is said at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mlpspec.data.sources.series import FrameTable
from mlpspec.diagnostics.faults import Faults
from mlpspec.files.csv_reader import CsvReader

_ROWS = 1 << 20
"""Rows that are parsed at once."""


class CsvTable(FrameTable):
    """The rows of a CSV file. `place` gives line numbers, also after quoted line breaks."""

    def __init__(self, name: str, frame: pl.DataFrame, missing_tokens: Sequence[str], first_line: int):
        super().__init__(name, frame, missing_tokens)
        self._first_line = first_line

    def place(self, row: int) -> str:
        return f"{self.name}:{self._first_line + row + (int(self._breaks_before[row - 1]) if row else 0)}"

    @cached_property
    def _breaks_before(self) -> np.ndarray:
        """How many line breaks stand inside the cells of all rows up to each row."""
        inside = self.frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)))
        return inside.to_series().cum_sum().to_numpy()


def open_csv(path: Path, name: str, missing_tokens: Sequence[str], separator: str) -> CsvTable:
    """A CSV file with a header as a table of texts; an empty cell is the empty text.

    Raises:
        DataError: when the header is malformed, rows are ragged or blank, quotes are not closed, the encoding is not UTF-8, or the
            separator is another one.
        UsageError: when the separator is not one ASCII character, or is one that has another meaning.
    """
    faults = Faults()
    frames = []
    with path.open("rb") as stream:
        reader = CsvReader(stream, name, separator=separator, say_separator=say_separator)
        for block in reader.blocks(_ROWS):
            block.note(faults, reader.place)
            if not faults:
                frames.append(block.frame(empty_is_null=False))
    faults.raise_if_any()
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(reader.header, pl.String))
    return CsvTable(name, frame, missing_tokens, reader.first_line)


def say_separator(separator: str) -> str:
    """How a spec says what separates the cells."""
    written = '"\\t"' if separator == "\t" else f'"{separator}"'
    return f"if that separates the cells, write `separator: {written}`"
