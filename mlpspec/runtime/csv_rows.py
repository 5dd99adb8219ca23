"""CSV files in blocks of whole rows, every row checked: nothing is skipped, filled up or renamed.

The form is RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) in UTF-8, with a header: rows end with LF or CRLF, a cell in double quotes may
hold separators and line breaks, a quote in it is doubled. polars parses the cells; what it would let pass (short rows, blank lines, NUL) or
report without a line number is looked for in the bytes before.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.runtime.csv_checks import find_marks, first_end, last_end, malformed
from mlpspec.runtime.faults import Faults

if TYPE_CHECKING:
    import polars as pl

MAX_ROW_BYTES = 1 << 26
"""A row longer than this (64 MiB) is taken for one whose quote is never closed."""

_LEAST_READ, _MOST_READ = 1 << 16, 1 << 26

_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "save the table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the table as CSV"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first"),
    (b"PAR1", "a Parquet file", "give it the suffix .parquet"),
    (b"ARROW1", "an Arrow file", "give it the suffix .arrow"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"\x80\x04\x95", "a pickle", "save the table as CSV"),
)


@dataclass(frozen=True)
class CsvBlock:
    """Rows of a CSV file whose form is known to be right.

    Attributes:
        header: the names of all columns.
        data: the rows' bytes; each row ends with a line break.
        rows: how many there are.
        first_line: the line of the file (from 1) where they start.
    """

    header: tuple[str, ...]
    data: bytes
    rows: int
    first_line: int
    separator: str

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The cells of some columns, or all, as texts; an empty cell without quotes is null."""
        import polars as pl

        wanted = self.header if columns is None else columns
        try:
            frame = pl.read_csv(
                self.data,
                has_header=False,
                schema=dict.fromkeys(self.header, pl.String),
                columns=sorted(self.header.index(name) for name in wanted),
                separator=self.separator,
            )
        except pl.exceptions.PolarsError as error:
            reason = str(error).split("\n", 1)[0]
            raise DataError(f"the rows from line {self.first_line:,} on cannot be read as CSV: {reason}") from error
        if frame.height != self.rows:
            raise DataError(f"the {self.rows:,} rows from line {self.first_line:,} on are read as {frame.height:,}")
        return frame.select(wanted)

    def line(self, row: int) -> int:
        """The line of the file where row number `row` (from 0) of the block starts."""
        if b'"' not in self.data:
            return self.first_line + row
        marks = find_marks(self.data, self.separator)
        return self.first_line + int(np.searchsorted(marks.breaks, marks.ends[row - 1], side="right") if row else 0)


class CsvReader:
    """Reads a CSV file block by block; memory does not grow with the file.

    Args:
        stream: the file's bytes, from its start.
        name: how messages call it.
        separator: what stands between cells: one ASCII character.

    Attributes:
        header: the names of the columns.
        bytes_read: how many bytes of the stream have been taken.

    Raises:
        DataError: when the file is empty or of another kind, or names in the header are empty, repeated or have spaces around them.
    """

    header: tuple[str, ...]

    def __init__(self, stream: BinaryIO, name: str, *, separator: str = ","):
        self.bytes_read = 0
        self._stream, self._name, self._separator = stream, name, separator
        self._pending, self._ended = b"", False
        self._fill(max(_LEAST_READ, 64))  # enough to tell a byte order mark and other kinds of files
        _refuse_other_kinds(self._pending, name)
        self._pending = self._pending.removeprefix(b"\xef\xbb\xbf")
        self._line = 1
        self.header = self._read_header()

    def blocks(self, rows: int, faults: Faults) -> Iterator[CsvBlock]:
        """The rows, in blocks of about `rows`. A block with a malformed row is left out, and what is wrong is noted in `faults`."""
        size = _LEAST_READ
        while data := self._take(size, faults):
            marks = find_marks(data, self._separator)
            sound = True
            for found in malformed(data, marks, len(self.header)):
                sound = False
                line = self._line + int(np.searchsorted(marks.breaks, found.at))
                fact = f"line {line:,} {found.fact}"
                faults.add("ragged-row", fact, kind=found.kind, place=self.place(line), count=found.count, unit=found.unit, help=found.help)
            block = CsvBlock(self.header, data, len(marks.ends), self._line, self._separator)
            self._line += len(marks.breaks)
            size = max(_LEAST_READ, min(_MOST_READ, rows * len(data) // len(marks.ends)))
            if sound:
                yield block

    def place(self, line: int) -> str:
        """A line as messages name it: `penguins.csv:17`."""
        return f"{self._name}:{line}"

    def _fill(self, size: int) -> None:
        """Read until `size` bytes are pending or the stream ends."""
        while len(self._pending) < size and not self._ended:
            data = self._stream.read(size - len(self._pending))
            self._ended = not data
            self.bytes_read += len(data)
            self._pending += data

    def _read_header(self) -> tuple[str, ...]:
        place = self.place(1)
        end = first_end(self._pending)
        while not end and not self._ended and len(self._pending) < MAX_ROW_BYTES:
            self._fill(2 * len(self._pending))
            end = first_end(self._pending)
        data = self._pending[: end or len(self._pending)]
        self._pending = self._pending[len(data) :]
        record = data.rstrip(b"\r\n")
        try:
            text = record.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"the header holds the byte 0x{record[error.start]:02x}, which is not UTF-8"
            raise DataError(message, place=place, help="save the file as UTF-8; spreadsheets call it `CSV UTF-8`") from error
        if "\r" in text.split('"', 1)[0]:
            help = "save the file with the line breaks LF or CRLF"
            raise DataError("the rows end with CR alone, as those of old Macintosh files do", place=place, help=help)
        if text.count('"') % 2:
            raise DataError("the header has a quote that is never closed", place=place, help="close it, or remove it")
        if "\0" in text:
            raise DataError("the header holds a NUL character: this is not a CSV file, or it is damaged", place=place)
        names = next(csv.reader([text], delimiter=self._separator), [])
        problems = list(_header_problems(names, self._separator, place))
        if problems:
            raise DataError(problems)
        self._line += data.count(b"\n")
        return tuple(names)

    def _take(self, size: int, faults: Faults) -> bytes:
        """Whole rows of about `size` bytes, each ended by a line break; nothing at the end. Blank lines at the very end are dropped."""
        self._fill(size)
        while not (end := self._last_end()) and not self._ended and len(self._pending) <= MAX_ROW_BYTES:
            self._fill(2 * len(self._pending))
        if not end and self._pending:
            line = self._line + self._pending[: self._pending.find(b'"') + 1].count(b"\n")
            help = "close it; a quote inside a quoted cell is written twice"
            faults.add("ragged-row", f"line {line:,} has a quote that is never closed", place=self.place(line), help=help)
            end = len(self._pending)
        data, self._pending = self._pending[:end], self._pending[end:]
        return data if last_end(data) else b""

    def _last_end(self) -> int:
        """Where the last whole row of what is pending ends."""
        if self._ended:
            content = self._pending.rstrip(b"\r\n")
            self._pending = content + b"\n" if content else b""
        return last_end(self._pending)


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError(f"`{name}` is empty", code="missing-data", place=name, help="a CSV file has a header and rows")
    for magic, kind, help in _OTHER_KINDS:
        if head.startswith(magic):
            raise DataError(f"`{name}` is not a CSV file but {kind}", place=name, help=help)


def _header_problems(names: Sequence[str], separator: str, place: str) -> Iterator[Diagnostic]:
    if len(names) == 1:
        other = next((sign for sign in (";", "\t", "|", ",") if sign != separator and sign in names[0]), None)
        if other is not None:
            message = f"the header has one column, named {names[0]!r}: the cells seem to be separated by {other!r}, not by {separator!r}"
            yield Diagnostic("bad-header", message, place=place, help="save the file with commas; decimal commas become points")
            return
    empty = [number for number, name in enumerate(names, 1) if not name.strip()]
    if empty:
        listed = ", ".join(map(str, empty))
        help = "name it; pandas leaves it out with `to_csv(index=False)`" if empty == [1] else "name each column"
        yield Diagnostic("bad-header", f"the header has no name for column {listed}", place=place, help=help)
    for name, count in Counter(name for name in names if name.strip()).items():
        if count > 1:
            yield Diagnostic(
                "bad-header", f"the header has the column {name!r} {count} times", place=place, help="rename or remove the others"
            )
        if name != name.strip():
            yield Diagnostic("bad-header", f"the column {name!r} has spaces around its name", place=place, help="remove them")
