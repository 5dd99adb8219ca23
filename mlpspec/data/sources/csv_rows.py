"""The rows of a CSV file as Python's strict csv module reads them: slow, but it knows the line of everything."""

from __future__ import annotations

import csv
import io

import numpy as np

from mlpspec.diagnostics import Diagnostic

_CHUNK = 1 << 24
"""Bytes that are looked at together."""

_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'

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

    It looks at many runs of quotes at once. A run of an odd number opens or closes a cell; False also for text with a quote in it that
    is not quoted, which is unusual but clear.
    """
    text = np.frombuffer(data, np.uint8)
    opens, closes = np.zeros(256, bool), np.zeros(256, bool)
    opens[[ord(separator), _LINE_FEED]] = True
    closes[[ord(separator), _LINE_FEED, _RETURN]] = True
    inside, start = False, 0
    while start < len(text):
        end = min(start + _CHUNK, len(text))
        while end < len(text) and text[end] == _QUOTE:  # a run of quotes stays in one piece
            end += 1
        quotes = np.flatnonzero(text[start:end] == _QUOTE) + start
        if len(quotes):
            apart = np.diff(quotes) > 1
            first, last = quotes[np.append(True, apart)], quotes[np.append(apart, True)]
            odd = (last - first) % 2 == 0
            within = (np.cumsum(odd) - odd + inside) % 2 == 1
            after_boundary = opens[text[first - 1]] | (first == 0)
            before_boundary = closes[text[np.minimum(last + 1, len(text) - 1)]] | (last + 1 == len(text))
            if not np.where(within, ~odd | before_boundary, after_boundary & (odd | before_boundary)).all():
                return False
            inside = bool((inside + odd.sum()) % 2)
        start = end
    return not inside


def _ragged(name: str, line: int, cells: int, width: int) -> Diagnostic:
    if cells == 0:
        return Diagnostic("ragged-row", f"line {line} is blank", place=f"{name}:{line}", help="remove it")
    message = f"line {line} has {cells} cell{'s' if cells > 1 else ''}, the header has {width}"
    help = "text with a separator in it needs quotes; an empty cell still needs its separator"
    return Diagnostic("ragged-row", message, place=f"{name}:{line}", help=help)
