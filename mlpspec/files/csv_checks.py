"""What is wrong with the form of some CSV rows, found in their bytes with NumPy, a few nanoseconds a byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

_LF, _CR, _QUOTE = b'\n\r"'


@dataclass(frozen=True)
class Malformed:
    """Rows with one fault of form.

    Attributes:
        rows: their numbers among the rows looked at, from 0, ascending.
        kind: a clause true of all rows with such a fault, whatever its measure.
        reason: a clause true of these rows.
        fact: a clause about the first of them.
        help: what to do.
    """

    rows: np.ndarray
    kind: str
    reason: str
    fact: str
    help: str = ""


@dataclass(frozen=True)
class Marks:
    """Where, in some bytes that start outside a quoted cell, things stand: all quotes, all line feeds, those that end rows, separators."""

    separator: str
    quotes: np.ndarray
    breaks: np.ndarray
    ends: np.ndarray
    separators: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Where rows start."""
        return np.concatenate([[0], self.ends[:-1] + 1])


def find_marks(data: bytes, separator: str) -> Marks:
    """Look for quotes, line feeds and separators. Those in quoted cells, behind an odd number of quotes, neither end nor separate."""
    codes = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(codes == _LF)
    separators = np.flatnonzero(codes == ord(separator))
    if b'"' not in data:
        return Marks(separator, breaks[:0], breaks, breaks, separators)
    quotes = np.flatnonzero(codes == _QUOTE)
    return Marks(separator, quotes, breaks, _outside(breaks, quotes), _outside(separators, quotes))


def last_end(data: bytes) -> int:
    """Where the last whole row ends that is not blank: the place after its line break; 0 when there is none."""
    if b'"' in data:
        codes = np.frombuffer(data, np.uint8)
        ends = _outside(np.flatnonzero(codes == _LF), np.flatnonzero(codes == _QUOTE))
        end = int(ends[-1]) + 1 if len(ends) else 0
    else:
        end = data.rfind(b"\n") + 1
    content = end
    while content and data[content - 1] in b"\r\n":
        content -= 1
    return data.index(b"\n", content) + 1 if content else 0


def has_stray_quotes(data: bytes, marks: Marks) -> bool:
    """Whether a quote stands inside a cell that does not start with one, or text stands after a closing quote.

    Only where this is False do quotes, taken in pairs, tell where cells and rows end.
    """
    if not len(marks.quotes):
        return False
    codes = np.frombuffer(data, np.uint8)
    opening, closing = marks.quotes[0::2], marks.quotes[1::2]
    borders = np.zeros(256, bool)
    borders[[_LF, _QUOTE, ord(marks.separator)]] = True
    if (~borders[codes[np.maximum(opening - 1, 0)]] & (opening > 0)).any():
        return True
    borders[_CR] = True
    return not borders[codes[np.minimum(closing + 1, len(codes) - 1)]].all()


def malformed(data: bytes, marks: Marks, width: int) -> Iterator[Malformed]:
    """What is wrong with rows that should have `width` cells each; `marks` are of the same bytes, without stray quotes."""
    torn = _torn_rows(data, marks)
    if len(torn):
        kind = "has a CR that no LF follows"
        yield Malformed(torn, kind, kind, kind, "save the file with one kind of line break")
    for found in _widths(data, marks, width):
        rows = np.setdiff1d(found.rows, torn)
        if len(rows):
            yield replace(found, rows=rows)


def bad_characters(data: bytes, starts: np.ndarray, first_byte: int) -> Iterator[Malformed]:
    """NUL characters, and bytes that are not UTF-8, in rows that start there. Messages count bytes of the file from `first_byte`."""
    codes = np.frombuffer(data, np.uint8)
    if b"\0" in data:
        kind = "holds a NUL character"
        fact = f"{kind}, at byte {first_byte + data.index(0):,}"
        yield Malformed(_rows_of(np.flatnonzero(codes == 0), starts), kind, kind, fact, "the file may be damaged")
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        ends = [*starts[1:].tolist(), len(data)]
        rows = [row for row in _rows_of(np.flatnonzero(codes > 127), starts).tolist() if not _is_utf8(data[starts[row] : ends[row]])]
        kind = "holds bytes that are not UTF-8"
        fact = f"holds the byte 0x{data[error.start]:02x}, at byte {first_byte + error.start:,}, which is not UTF-8"
        help = "save the file as UTF-8; spreadsheets call it `CSV UTF-8`"
        yield Malformed(np.array(rows, np.int64), kind, kind, fact, help)


def _outside(places: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Those places that no quoted cell holds."""
    return places[np.searchsorted(quotes, places) % 2 == 0]


def _rows_of(places: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The rows, each once, that hold those places."""
    return np.unique(np.searchsorted(starts, places, side="right") - 1)


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _torn_rows(data: bytes, marks: Marks) -> np.ndarray:
    """Rows with a carriage return that stands alone, outside quoted cells."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return np.empty(0, np.int64)
    codes = np.frombuffer(data, np.uint8)
    returns = _outside(np.flatnonzero(codes == _CR), marks.quotes)
    return _rows_of(returns[codes[np.minimum(returns + 1, len(codes) - 1)] != _LF], marks.starts)


def _widths(data: bytes, marks: Marks, width: int) -> Iterator[Malformed]:
    """Blank lines, and rows of more or fewer cells."""
    ends, separators, starts = marks.ends, marks.separators, marks.starts
    if width > 1 and len(separators) == len(ends) * (width - 1):
        grid = separators.reshape(len(ends), width - 1)
        if (grid[:, 0] >= starts).all() and (grid[:, -1] < ends).all():
            return
    cells = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
    codes = np.frombuffer(data, np.uint8)
    blank = (ends == starts) | ((ends == starts + 1) & (codes[starts] == _CR))
    if blank.any():
        yield Malformed(np.flatnonzero(blank), "is blank", "is blank", "is blank", "remove the line")
    for count in np.unique(cells[(cells != width) & ~blank]).tolist():
        words = "1 cell" if count == 1 else f"{count} cells"
        fact = f"has {words}, the header has {width}"
        long = count > width
        help = "a cell that holds the separator is written in double quotes" if long else "write an empty cell where a value is missing"
        kind = "has too many cells" if long else "has too few cells"
        yield Malformed(np.flatnonzero((cells == count) & ~blank), kind, fact, fact, help)
