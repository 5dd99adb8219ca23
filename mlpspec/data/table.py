"""A table: named columns over rows, wherever they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["text", "integer", "number", "boolean", "time", "array", "other"]
"""What a column holds. `time`: dates or times; `array`: several numbers in each row; `other`: whatever is none of these."""


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: `values` (rows,) float64, NaN where missing or unreadable; `bad` are the rows that cannot be read."""

    values: np.ndarray
    bad: np.ndarray


@dataclass(frozen=True)
class Integers:
    """A column read as whole numbers: `values` (rows,) int64, 0 where `missing` or `bad`, which are row numbers."""

    values: np.ndarray
    missing: np.ndarray
    bad: np.ndarray


class Column(ABC):
    """One column, all its rows. What cannot be read is reported as row numbers; who asks makes the words."""

    kind: Kind

    @abstractmethod
    def numbers(self) -> Numbers:
        """The cells as numbers; for every kind but `time`, `array` and `other`."""

    @abstractmethod
    def texts(self) -> np.ndarray:
        """(rows,) object array of str, missing cells as ""; for the kinds `text`, `integer` (decimal) and `boolean` (`true`, `false`)."""

    @abstractmethod
    def integers(self) -> Integers:
        """The cells as whole numbers; for the kinds `integer` and `text`."""

    @abstractmethod
    def seconds(self) -> Integers:
        """The cells as seconds since 1970-01-01 00:00 UTC; for the kinds `time`, `text` and `integer`."""

    @abstractmethod
    def array(self) -> np.ndarray | None:
        """(rows, ...) of numbers or booleans; None when the column is no such array."""

    @abstractmethod
    def show(self, row: int) -> str:
        """A cell as a message shows it."""


class Table(ABC):
    """Named columns over rows. `name` is how messages call it; empty for data in memory."""

    name: str
    rows: int
    columns: tuple[str, ...]

    @abstractmethod
    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""

    def place(self, row: int) -> str:
        """Where row number `row` (from 0) stands: `penguins.csv:201`, a line, for CSV; `penguins.parquet: row 200` for others."""
        return f"{self.name}: row {row + 1}" if self.name else f"row {row + 1}"
