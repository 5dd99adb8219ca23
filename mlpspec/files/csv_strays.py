"""CSV rows with quotes where RFC 4180 has none, read record by record: what is clear is written anew, what is not is set apart.

A quote inside a cell that does not start with one is text (`5" pipe`), as Python's csv module has it. Text behind a closing quote, and a
quote that is never closed, make their row unreadable; reading goes on at the next line that is a whole regular row of the right width.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlpspec.files.csv_checks import Malformed

_HELP = "write the whole cell in quotes, and each quote in it twice"

STRAY, UNCLOSED = "has text behind a closing quote", "has a quote that is never closed"


@dataclass(frozen=True)
class Straightened:
    """Rows without stray quotes.

    Attributes:
        data: the rows' bytes; an empty row stands for an unreadable one.
        starts: where each row starts in the bytes that were given.
        taken: how many of these bytes the rows took; what is left is the start of a row.
        problems: the unreadable rows.
    """

    data: bytes
    starts: np.ndarray
    taken: int
    problems: tuple[Malformed, ...]


def straighten(data: bytes, separator: str, width: int, *, whole: bool) -> Straightened:
    """Rewrite rows so that every quote is regular.

    Args:
        data: whole lines, the first of which starts a row.
        separator: what stands between cells.
        width: how many cells a row should have.
        whole: no line follows, so that a quote which `data` does not close is never closed.
    """
    grammar = _grammar(separator)
    rows: list[bytes] = []
    starts: list[int] = []
    broken: dict[str, list[int]] = {STRAY: [], UNCLOSED: []}
    at = 0
    while at < len(data):
        record = grammar.record.match(data, at)
        if record:
            rows.append(grammar.regular(record.group()))
            starts.append(at)
            at = record.end()
            continue
        unclosed = grammar.is_open(data, at)
        if unclosed and not whole:
            break
        broken[UNCLOSED if unclosed else STRAY].append(len(rows))
        rows.append(empty_row(separator, width))
        starts.append(at)
        at = grammar.next_row(data, at, width)
    while rows and not whole and not rows[-1].strip(b"\r\n"):  # blank lines at the very end do not count, and this may be the end
        rows.pop()
        at = starts.pop()
    problems = (Malformed(np.array(found), kind, kind, kind, _HELP) for kind, found in broken.items() if found)
    return Straightened(b"".join(rows), np.array(starts, np.int64), at, tuple(problems))


def first_record(data: bytes, separator: str) -> bytes | None:
    """The bytes of the first row with its line break; None when no whole row stands there."""
    record = _grammar(separator).record.match(data)
    return record.group() if record else None


def empty_row(separator: str, width: int) -> bytes:
    """A row of `width` empty cells, which no reader takes for a blank line."""
    return (separator * (width - 1) or '""').encode() + b"\n"


class _Grammar:
    """CSV with one separator, as regular expressions that never go back."""

    def __init__(self, separator: str):
        sign = re.escape(separator).encode()
        cell = rb'(?:"(?:[^"]++|"")*+"(?=[%b\n]|\r\n)|(?!")[^%b\n]*+)' % (sign, sign)
        self._separator = separator.encode()
        self._cell = re.compile(cell)
        self._open = re.compile(rb'"(?:[^"]++|"")*+')
        self._whole_cells = re.compile(rb"(?:%b%b)*+" % (cell, sign))
        self.record = re.compile(rb"%b(?:%b%b)*+\r?\n" % (cell, sign, cell))

    def is_open(self, data: bytes, at: int) -> bool:
        """Whether the row that starts there ends in a cell whose quote is not closed."""
        cells = self._whole_cells.match(data, at)
        last = self._open.match(data, cells.end() if cells else at)
        return last is not None and last.end() == len(data)

    def regular(self, row: bytes) -> bytes:
        """The row, cells with quotes in them quoted."""
        if b'"' not in row:
            return row
        cells, at = [], 0
        while True:
            cell = self._cell.match(row, at)
            assert cell is not None
            cells.append(_quoted(cell.group()))
            at = cell.end()
            if row[at : at + 1] != self._separator:
                return self._separator.join(cells) + row[at:]
            at += 1

    def next_row(self, data: bytes, at: int, width: int) -> int:
        """Where, behind the line at `at`, the next regular row of that width starts; the end when there is none."""
        while at := data.find(b"\n", at) + 1:
            record = self.record.match(data, at)
            if record and self.regular(record.group()) == record.group() and self._width(record.group()) == width:
                return at
        return len(data)

    def _width(self, row: bytes) -> int:
        return b"".join(row.split(b'"')[::2]).count(self._separator) + 1


_grammar = lru_cache(_Grammar)


def _quoted(cell: bytes) -> bytes:
    if b'"' not in cell or cell.startswith(b'"'):
        return cell
    end = b"\r" if cell.endswith(b"\r") else b""
    return b'"' + cell.removesuffix(b"\r").replace(b'"', b'""') + b'"' + end
