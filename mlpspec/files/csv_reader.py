"""CSV files in blocks of whole rows, every row checked: nothing is skipped, filled up or renamed in silence.

The form is RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) in UTF-8, with a header: rows end with LF, CRLF or CR, a cell in double quotes
may hold separators and line breaks, a quote in it is doubled. A quote inside a cell without quotes is text. polars parses the cells; what
it would let pass (short rows, blank lines, NUL) or report without a line number is looked for in the bytes before.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mlpspec.diagnostics import DataError, Diagnostic, UsageError
from mlpspec.diagnostics.faults import RowFault, RowFaults
from mlpspec.files.csv_checks import Malformed, Marks, bad_characters, find_marks, has_stray_quotes, last_end, malformed
from mlpspec.files.csv_strays import Straightened, empty_row, first_record, straighten

if TYPE_CHECKING:
    import polars as pl

MAX_ROW_BYTES = 1 << 26
"""A row longer than this (64 MiB) is taken for one whose quote is never closed, and ends the reading."""

_LEAST_READ, _MOST_READ = 1 << 16, 1 << 26

_LONGEST = 10_000  # characters of a row that `CsvBlock.text` gives

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
    """Some rows of a CSV file.

    Attributes:
        header: the names of all columns.
        data: the rows' bytes; each row ends with a line break. A row that is malformed stands there as one of empty cells.
        rows: how many there are.
        first_line: the line of the file (from 1) where they start.
        problems: what is malformed.
    """

    header: tuple[str, ...]
    data: bytes
    rows: int
    first_line: int
    separator: str
    problems: tuple[Malformed, ...]
    _original: bytes
    _given_starts: np.ndarray | None

    def frame(self, columns: Sequence[str] | None = None, *, floats: Collection[str] = (), empty_is_null: bool = True) -> pl.DataFrame:
        """The cells of some columns, or all, as texts.

        Args:
            columns: their names, in the order that is wanted.
            floats: columns that are given as float32 instead, if every cell of theirs is a finite number or empty; else none is.
            empty_is_null: an empty cell is null; else it is an empty text.

        Raises:
            DataError: when polars does not read the rows, or reads another number of them.
        """
        import polars as pl

        wanted = self.header if columns is None else columns
        numbers = self._parsed(wanted, floats, empty_is_null=empty_is_null) if floats else None
        if isinstance(numbers, pl.DataFrame) and numbers.height == self.rows and _all_finite(numbers):
            return numbers
        frame = self._parsed(wanted, (), empty_is_null=empty_is_null)
        if not isinstance(frame, pl.DataFrame):
            reason = str(frame).split("\n", 1)[0]
            raise DataError(f"the rows from line {self.first_line:,} on cannot be read as CSV: {reason}") from frame
        if frame.height != self.rows:
            raise DataError(f"the {self.rows:,} rows from line {self.first_line:,} on are read as {frame.height:,}")
        return frame

    def _parsed(self, wanted: Sequence[str], floats: Collection[str], *, empty_is_null: bool) -> pl.DataFrame | Exception:
        """What polars makes of the cells, or what it says when it cannot."""
        import polars as pl

        try:
            return pl.read_csv(
                self.data,
                has_header=False,
                schema={name: pl.Float32 if name in floats else pl.String for name in self.header},
                columns=sorted(self.header.index(name) for name in wanted),
                separator=self.separator,
                empty_string_is_null=empty_is_null,
            ).select(wanted)
        except pl.exceptions.PolarsError as error:
            return error

    def note(self, faults: RowFaults, place: Callable[[int], str]) -> None:
        """Note all malformed rows; `place` tells how messages name a line."""
        for problem in self.problems:
            line = int(self.lines(problem.rows[:1])[0])
            fact = f"line {line:,} {problem.fact}"

            def where(_: int, line: int = line) -> str:
                return place(line)

            faults.add_rows(
                RowFault(
                    "ragged-row",
                    problem.kind,
                    problem.rows,
                    where,
                    show=self.text,
                    fact=fact,
                    reason=problem.reason,
                    unit="rows",
                    help=problem.help,
                )
            )

    @property
    def malformed_rows(self) -> np.ndarray:
        """The numbers of all malformed rows, from 0, ascending."""
        return np.unique(np.concatenate([np.empty(0, np.int64), *(problem.rows for problem in self.problems)]))

    def lines(self, rows: np.ndarray) -> np.ndarray:
        """The lines of the file where rows (numbers from 0) start."""
        if self._given_starts is None and b'"' not in self._original:
            return self.first_line + rows
        return self.first_line + np.searchsorted(self._breaks, self._starts[rows])

    def text(self, row: int) -> str:
        """A row as it stands in the file, without its line break; a very long one is cut."""
        starts = self._starts
        end = starts[row + 1] if row + 1 < len(starts) else len(self._original)
        text = self._original[starts[row] : end].decode("utf-8", "backslashreplace").rstrip("\r\n")
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

    @cached_property
    def _starts(self) -> np.ndarray:
        return find_marks(self._original, self.separator).starts if self._given_starts is None else self._given_starts

    @cached_property
    def _breaks(self) -> np.ndarray:
        return np.flatnonzero(np.frombuffer(self._original, np.uint8) == ord("\n"))


class CsvReader:
    """Reads a CSV file block by block; memory does not grow with the file.

    Args:
        stream: the file's bytes, from its start.
        name: how messages call it.
        separator: what stands between cells: one ASCII character.
        say_separator: given another separator, says how to ask for it; used where the header seems to have that one.

    Attributes:
        header: the names of the columns.
        first_line: the line on which the rows start.
        bytes_read: how many bytes of the stream have been taken.

    Raises:
        DataError: when the file is empty or of another kind, or names in the header are empty, repeated or have spaces around them.
        UsageError: when the separator is not one ASCII character, or is one that has another meaning.
    """

    header: tuple[str, ...]

    def __init__(self, stream: BinaryIO, name: str, *, separator: str = ",", say_separator: Callable[[str], str] | None = None):
        if len(separator.encode()) != 1 or separator in '"\r\n\0':
            raise UsageError(f"{separator!r} cannot separate cells", help="a separator is one ASCII character, such as `;` or a tab")
        self.bytes_read = 0
        self._stream, self._name, self._separator, self._say_separator = stream, name, separator, say_separator
        self._pending, self._ended, self._ends_with_cr = b"", False, False
        self._fill(max(_LEAST_READ, 64))  # enough to tell a byte order mark and other kinds of files
        _refuse_other_kinds(self._pending, name)
        self._offset = 3 if self._pending.startswith(b"\xef\xbb\xbf") else 0
        self._pending = self._pending[self._offset :]
        if b"\r" in self._pending[:-1] and b"\n" not in self._pending:
            self._ends_with_cr = True
            self._pending = self._pending.replace(b"\r", b"\n")
        self.first_line = self._line = 1
        self.header = self._read_header()
        self.first_line = self._line

    def blocks(self, rows: int) -> Iterator[CsvBlock]:
        """The rows, in blocks of about `rows`.

        Raises:
            DataError: when a row is longer than `MAX_ROW_BYTES`.
        """
        size = _LEAST_READ
        while block := self._next(size):
            size = max(_LEAST_READ, min(_MOST_READ, rows * len(block.data) // block.rows))
            yield block

    def place(self, line: int) -> str:
        """A line as messages name it: `penguins.csv:17`."""
        return f"{self._name}:{line}"

    def _fill(self, size: int) -> None:
        """Read until `size` bytes are pending or the stream ends."""
        parts, have = [self._pending], len(self._pending)
        while have < size and not self._ended:
            data = self._stream.read(size - have)
            self._ended = not data
            self.bytes_read += len(data)
            parts.append(data.replace(b"\r", b"\n") if self._ends_with_cr else data)
            have += len(data)
        self._pending = b"".join(parts)

    def _read_header(self) -> tuple[str, ...]:
        place = self.place(1)
        while not (record := first_record(self._pending, self._separator)) and not self._ended and len(self._pending) < MAX_ROW_BYTES:
            self._fill(2 * len(self._pending))
        record = record or first_record(self._pending + b"\n", self._separator)
        if record is None:
            raise DataError("the header has malformed quotes", code="bad-header", place=place, help="close every quote")
        text = _decoded(record.rstrip(b"\r\n"), self._offset, place)
        if "\r" in "".join(text.split('"')[::2]):
            raise DataError("the header has a CR that no LF follows", place=place, help="save the file with one kind of line break")
        if "\0" in text:
            raise DataError("the header holds a NUL character: this is not a CSV file, or it is damaged", place=place)
        if not text:
            raise DataError(f"`{self._name}` starts with a blank line", code="bad-header", place=place, help="put the header first")
        names = next(csv.reader([text], delimiter=self._separator))
        problems = list(self._header_problems(names, place, quoted=text.startswith('"')))
        if problems:
            raise DataError(problems)
        self._step(record, record.count(b"\n"))
        return tuple(names)

    def _header_problems(self, names: Sequence[str], place: str, *, quoted: bool) -> Iterator[Diagnostic]:
        if len(names) == 1 and not quoted:
            other = next((sign for sign in (";", "\t", "|", ",") if sign != self._separator and sign in names[0]), None)
            if other is not None:
                message = (
                    f"the header has 1 column, named {names[0]!r}: the cells seem to be separated by {other!r}, not {self._separator!r}"
                )
                help = self._say_separator(other) if self._say_separator else ""
                yield Diagnostic("bad-header", message, place=place, help=help)
                return
        yield from _name_problems(names, place)

    def _next(self, size: int) -> CsvBlock | None:
        """A block of about `size` bytes; None at the end."""
        self._fill(size)
        while True:
            if self._ended:  # blank lines at the very end do not count
                content = self._pending.rstrip(b"\r\n")
                self._pending = content + b"\n" if content else b""
                if not content:
                    return None
            end = last_end(self._pending)
            data = self._pending[:end] if end else self._pending
            marks = find_marks(data, self._separator)
            if has_stray_quotes(data, marks) or (self._ended and not end):
                lines = self._pending[: self._pending.rfind(b"\n") + 1]
                straight = straighten(lines, self._separator, len(self.header), whole=self._ended)
                if straight.taken:
                    return self._block(lines[: straight.taken], straight)
            elif end:
                return self._block(data, marks)
            if len(self._pending) > MAX_ROW_BYTES:
                line = self._line + self._pending[: self._pending.find(b'"') + 1].count(b"\n")
                message = f"line {line:,} starts a row of more than {MAX_ROW_BYTES >> 20} MiB: its quote seems never to be closed"
                raise DataError(message, code="ragged-row", place=self.place(line), help="close it; a quote inside a cell is written twice")
            self._fill(2 * len(self._pending))

    def _block(self, original: bytes, how: Straightened | Marks) -> CsvBlock:
        """The block of the rows that stand in the file as `original`, with the marks of its bytes, or straightened."""
        data, starts, problems = (how.data, how.starts, how.problems) if isinstance(how, Straightened) else (original, None, ())
        marks = how if isinstance(how, Marks) else find_marks(data, self._separator)
        offset, line = self._offset, self._line
        self._step(original, len(how.breaks) if isinstance(how, Marks) else original.count(b"\n"))
        characters = bad_characters(original, marks.starts if starts is None else starts, offset)
        found = [*problems, *characters, *malformed(data, marks, len(self.header))]
        problems = tuple(sorted(found, key=lambda problem: problem.rows[0]))
        block = CsvBlock(self.header, data, len(marks.ends), line, self._separator, problems, original, starts)
        return replace(block, data=_emptied(block, marks.ends), _given_starts=block._starts) if problems else block

    def _step(self, taken: bytes, breaks: int) -> None:
        """Go behind bytes, with so many line feeds, that have been taken from what is pending."""
        self._pending = self._pending[len(taken) :]
        self._offset += len(taken)
        self._line += breaks


def _all_finite(frame: pl.DataFrame) -> bool:
    """Whether all numbers that are there are finite."""
    return all(column.is_finite().all() for column in frame.iter_columns() if column.dtype.is_float())


def _emptied(block: CsvBlock, ends: np.ndarray) -> bytes:
    """The block's data, with empty rows in the place of malformed ones."""
    empty = empty_row(block.separator, len(block.header))
    data, parts, at = block.data, [], 0
    for row in block.malformed_rows.tolist():
        parts += [data[at : ends[row - 1] + 1 if row else 0], empty]
        at = int(ends[row]) + 1
    return b"".join([*parts, data[at:]])


def _decoded(record: bytes, start: int, place: str) -> str:
    try:
        return record.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"the header holds the byte 0x{record[error.start]:02x}, at byte {start + error.start:,}, which is not UTF-8"
        raise DataError(message, place=place, help="save the file as UTF-8; spreadsheets call it `CSV UTF-8`") from error


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError(f"`{name}` is empty", code="missing-data", place=name, help="a CSV file has a header and rows")
    for magic, kind, help in _OTHER_KINDS:
        if head.startswith(magic):
            raise DataError(f"`{name}` is not a CSV file but {kind}", place=name, help=help)


def _name_problems(names: Sequence[str], place: str) -> Iterator[Diagnostic]:
    empty = [number for number, name in enumerate(names, 1) if not name.strip()]
    if empty:
        listed = ", ".join(map(str, empty))
        help = "name it; pandas leaves it out with `to_csv(index=False)`" if empty == [1] else "name each column"
        yield Diagnostic("bad-header", f"the header has no name for column {listed}", place=place, help=help)
    for name, count in Counter(name for name in names if name.strip()).items():
        if count > 1:
            help = "give each column its own name"
            yield Diagnostic("bad-header", f"the header has the column {name!r} {count} times", place=place, help=help)
        if name != name.strip():
            yield Diagnostic("bad-header", f"the column {name!r} has spaces around its name", place=place, help="remove them")
