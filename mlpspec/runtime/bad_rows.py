"""Rows that the model cannot take, set aside instead of stopping everything, and the file that lists them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, Literal

import numpy as np

from mlpspec.diagnostics.faults import Faults, RowFault, plain_reason

OnError = Literal["stop", "skip", "null"]
"""What becomes of rows that the model cannot take: they are errors, are left out, or get empty answers."""

_LONGEST = 10_000  # characters of a cell that the list shows


class BadRows:
    """The bad rows of some rows. What is wrong with the whole (a column's type, a shape) is still a fault.

    Args:
        whole: where faults of the whole are noted.
        noted: where those of rows are noted too, to be summed up, or to stop everything as well.
        malformed: rows that are set aside already; what their cells would be does not count.
    """

    def __init__(self, whole: Faults, noted: Faults, malformed: np.ndarray | None = None):
        self.whole = whole
        self._noted = noted
        self._malformed = np.empty(0, np.int64) if malformed is None else malformed
        self._found: list[RowFault] = []

    def add(self, code: str, fact: str, **facts: object) -> None:
        """Note a fault of the whole; see `RowFaults`."""
        self.whole.add(code, fact, **facts)  # type: ignore[arg-type]  # the facts are those of the protocol

    def add_rows(self, fault: RowFault) -> None:
        """Set rows aside; see `RowFaults`."""
        if fault.column and len(self._malformed):
            fault = replace(fault, rows=np.setdiff1d(fault.rows, self._malformed, assume_unique=True))
        self._noted.add_rows(fault)
        if len(fault.rows):
            self._found.append(fault)

    @property
    def any(self) -> bool:
        """Whether there are some."""
        return bool(self._found)

    def within(self, start: int, stop: int) -> np.ndarray:
        """For each row from `start` to `stop`, whether it is bad."""
        mask = np.zeros(stop - start, bool)
        for found in self._found:
            mask[found.rows[slice(*np.searchsorted(found.rows, [start, stop]))] - start] = True
        return mask

    def lines(self, start: int, stop: int) -> Iterator[tuple[int, str, str, str, str]]:
        """Row number, column, cell as text, code and reason of all that is bad from `start` to `stop`, in the order of the rows."""
        parts = [found.rows[slice(*np.searchsorted(found.rows, [start, stop]))] for found in self._found]
        if not parts:
            return
        rows = np.concatenate(parts)
        which = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        for place in np.argsort(rows, kind="stable").tolist():
            found, row = self._found[which[place]], int(rows[place])
            cell = found.show(row) if found.show else ""
            yield (
                row,
                found.column,
                cell if len(cell) <= _LONGEST else cell[:_LONGEST] + "…",
                found.code,
                found.reason or plain_reason(found.kind),
            )


class BadRowsFile:
    """A CSV file with a line for each bad cell or row: its number in the data, column, cell, code and reason.

    Args:
        file: where it goes.
        counted: what the data's rows are counted in: `line` or `row`.
    """

    def __init__(self, file: BinaryIO, counted: str):
        self._file = file
        self._write([(counted, "column", "cell", "code", "reason")])

    def add(self, bad: BadRows, start: int, stop: int, number: Callable[[np.ndarray], np.ndarray]) -> None:
        """List what is bad in rows `start` to `stop`; `number` tells the numbers that people count them by."""
        lines = list(bad.lines(start, stop))
        numbers = number(np.array([line[0] for line in lines], np.int64)).tolist()
        self._write([(count, *line[1:]) for count, line in zip(numbers, lines, strict=True)])

    def _write(self, lines: list[tuple[object, ...]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._file.write(text.getvalue().encode("utf-8", "backslashreplace"))
