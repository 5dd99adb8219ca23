"""The rows of a CSV file as Python's strict csv module reads them: slow, but it knows the line of everything."""

from __future__ import annotations

import csv
import io

import numpy as np

from mlpspec.diagnostics import Diagnostic

_SHOWN = 3
"""How many malformed rows are reported one by one."""


class QuoteFault(Exception):
    """A row whose quotes are malformed; `line` is where it begins."""

    def __init__(self, line: int):
        super().__init__(line)
        self.line = line


class CsvRows:
    """The rows one after the other; `first_line` and `last_line` are the lines (from 1) of the last one.

    Raises:
        QuoteFault: at a row whose quotes are malformed.
        UnicodeDecodeError: at bytes that are not UTF-8.
    """

    def __init__(self, data: bytes, separator: str):
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
        self._reader = csv.reader(text, delimiter=separator, strict=True)
        self.first_line = 0

    def __iter__(self) -> CsvRows:
        return self

    def __next__(self) -> list[str]:
        self.first_line = self._reader.line_num + 1
        try:
            return next(self._reader)
        except csv.Error as error:
            raise QuoteFault(self.first_line) from error

    @property
    def last_line(self) -> int:
        return self._reader.line_num


def malformed_rows(data: bytes, separator: str, width: int, name: str) -> list[Diagnostic]:
    """What is wrong with the rows: blank ones, those that do not have `width` cells, malformed quotes.

    Raises:
        UnicodeDecodeError: at bytes that are not UTF-8.
    """
    found: list[Diagnostic] = []
    count = 0
    rows = CsvRows(data, separator)
    try:
        for cells in rows:
            if len(cells) != width:
                count += 1
                if count <= _SHOWN:
                    found.append(_ragged(name, rows.first_line, len(cells), width))
    except QuoteFault as fault:
        help = 'a quoted cell ends with a quote before the separator, and a quote inside it is written twice: ""'
        message = f"the quotes of the row at line {fault.line} are malformed"
        found.append(Diagnostic("ragged-row", message, place=f"{name}:{fault.line}", help=help))
    if count > _SHOWN:
        message = f"{count - _SHOWN} more rows have another number of cells than the header"
        found.append(Diagnostic("ragged-row", message, place=name))
    return found


def has_regular_quotes(data: bytes, separator: str) -> bool:
    """Whether every quote stands where RFC 4180 wants it: around a whole cell, or twice inside one.

    It looks at all runs of quotes at once. A run of an odd number opens or closes a cell; False also for text with a quote in it that
    is not quoted, which is unusual but clear.
    """
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    if not len(quotes):
        return True
    apart = np.diff(quotes) > 1
    first, last = quotes[np.append(True, apart)], quotes[np.append(apart, True)]
    odd = (last - first) % 2 == 0
    inside = (np.cumsum(odd) - odd) % 2 == 1
    starts = (first == 0) | np.isin(text[first - 1], np.frombuffer(f"{separator}\n".encode(), np.uint8))
    after = text[np.minimum(last + 1, len(text) - 1)]
    ends = (last + 1 == len(text)) | np.isin(after, np.frombuffer(f"{separator}\r\n".encode(), np.uint8))
    regular = np.where(inside, ~odd | ends, starts & (odd | ends))
    return bool(regular.all()) and int(odd.sum()) % 2 == 0


def _ragged(name: str, line: int, cells: int, width: int) -> Diagnostic:
    if cells == 0:
        return Diagnostic("ragged-row", f"line {line} is blank", place=f"{name}:{line}", help="remove it")
    message = f"line {line} has {cells} cell{'s' if cells > 1 else ''}, the header has {width}"
    help = "text with a separator in it needs quotes; an empty cell still needs its separator"
    return Diagnostic("ragged-row", message, place=f"{name}:{line}", help=help)
