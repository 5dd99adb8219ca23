"""What is wrong with the form of some CSV rows, found in their bytes with NumPy, a few nanoseconds a byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_LF, _CR, _QUOTE = b'\n\r"'


@dataclass(frozen=True)
class Malformed:
    """`count` rows or characters with one fault; the first stands `at` that byte. `fact` is a clause about its line."""

    at: int
    fact: str
    kind: str
    count: int = 1
    unit: str = "rows"
    help: str = ""


@dataclass(frozen=True)
class Marks:
    """Where, in some bytes that start outside a quoted cell, things stand: all quotes, all line feeds, those that end rows, separators."""

    separator: str
    quotes: np.ndarray
    breaks: np.ndarray
    ends: np.ndarray
    separators: np.ndarray


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


def first_end(data: bytes) -> int:
    """The place after the first line break that ends a row; 0 when there is none."""
    end = data.find(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.find(b"\n", end) + 1
    return end


def malformed(data: bytes, marks: Marks, width: int) -> Iterator[Malformed]:
    """What is wrong with rows that should have `width` cells each. Widths are only told when the quotes are in order."""
    yield from _characters(data)
    if b"\r" in data:
        yield from _returns(data, marks)
    misplaced = list(_quotes(data, marks)) if len(marks.quotes) else []
    yield from misplaced or _widths(data, marks, width)


def _outside(places: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Those places that no quoted cell holds."""
    return places[np.searchsorted(quotes, places) % 2 == 0]


def _characters(data: bytes) -> Iterator[Malformed]:
    if b"\0" in data:
        yield Malformed(data.index(b"\0"), "holds a NUL character", "NUL", data.count(b"\0"), "characters", "the file may be damaged")
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            fact = f"holds the byte 0x{data[error.start]:02x}, which is not UTF-8"
            count = data.decode("utf-8", "replace").count("\ufffd")
            yield Malformed(error.start, fact, "UTF-8", count, "characters", "save the file as UTF-8; spreadsheets call it `CSV UTF-8`")


def _returns(data: bytes, marks: Marks) -> Iterator[Malformed]:
    """Carriage returns that stand alone, outside quoted cells."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return
    codes = np.frombuffer(data, np.uint8)
    returns = _outside(np.flatnonzero(codes == _CR), marks.quotes)
    alone = returns[codes[np.minimum(returns + 1, len(codes) - 1)] != _LF]
    if len(alone):
        help = "save the file with the line breaks LF or CRLF"
        yield Malformed(int(alone[0]), "has a CR that no LF follows", "CR", len(alone), "characters", help)


def _quotes(data: bytes, marks: Marks) -> Iterator[Malformed]:
    """Quotes inside cells that do not start with one, and text after a closing quote."""
    codes = np.frombuffer(data, np.uint8)
    opening, closing = marks.quotes[0::2], marks.quotes[1::2]
    before = codes[np.maximum(opening - 1, 0)]
    borders = np.zeros(256, bool)
    borders[[_LF, _QUOTE, ord(marks.separator)]] = True
    early = opening[~borders[before] & (opening > 0)]
    borders[_CR] = True
    late = closing[~borders[codes[np.minimum(closing + 1, len(codes) - 1)]]]
    places = np.sort(np.concatenate([early, late]))
    if len(places):
        help = "write the whole cell in quotes, and each quote in it twice"
        yield Malformed(int(places[0]), "has a quote in the middle of a cell", "quote", len(places), "quotes", help)


def _widths(data: bytes, marks: Marks, width: int) -> Iterator[Malformed]:
    """Blank lines, and rows of more or fewer cells."""
    ends, separators = marks.ends, marks.separators
    starts = np.concatenate([[0], ends[:-1] + 1])
    if width > 1 and len(separators) == len(ends) * (width - 1):
        grid = separators.reshape(len(ends), width - 1)
        if (grid[:, 0] >= starts).all() and (grid[:, -1] < ends).all():
            return
    cells = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
    codes = np.frombuffer(data, np.uint8)
    blank = (ends == starts) | ((ends == starts + 1) & (codes[starts] == _CR))
    if blank.any():
        at = int(starts[blank.argmax()])
        yield Malformed(at, "is blank", "blank", int(blank.sum()), "lines", "remove the line")
    other = Counter(cells[(cells != width) & ~blank].tolist())
    for count, rows in sorted(other.items()):
        at = int(starts[((cells == count) & ~blank).argmax()])
        help = (
            "a cell that holds the separator is written in double quotes"
            if count > width
            else "write an empty cell where a value is missing"
        )
        words = "1 cell" if count == 1 else f"{count} cells"
        yield Malformed(at, f"has {words}, the header has {width}", "long" if count > width else "short", rows, "rows", help)
