"""CSV files. Polars reads the cells, all as text; what it would repair in silence is found and refused here.

The happy path looks at the whole file a few times at memory speed. Only when a count does not add up does Python's own csv module walk
through the file to find the line.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mlpspec.data.sources.series import FrameTable
from mlpspec.diagnostics import DataError, Diagnostic

_SHOWN = 3
"""How many malformed rows are reported one by one."""

_BOM = b"\xef\xbb\xbf"

_SEPARATORS = (";", "\t", ",", "|")


class CsvTable(FrameTable):
    """The rows of a CSV file. `place` gives line numbers, also after quoted line breaks."""

    def __init__(self, name: str, frame: pl.DataFrame, missing_tokens: Sequence[str], header_lines: int, *, quoted_breaks: bool):
        super().__init__(name, frame, missing_tokens)
        self._frame, self._header_lines, self._quoted_breaks = frame, header_lines, quoted_breaks

    def place(self, row: int) -> str:
        line = row + self._header_lines + 1
        if self._quoted_breaks and row:
            line += int(self._breaks_before[row - 1])
        return f"{self.name}:{line}"

    @cached_property
    def _breaks_before(self) -> np.ndarray:
        """How many line breaks stand inside the cells of all rows up to each row."""
        inside = self._frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)))
        return inside.to_series().cum_sum().to_numpy()


def open_csv(path: Path, name: str, missing_tokens: Sequence[str], separator: str) -> CsvTable:
    """A CSV file with a header as a table of texts: UTF-8 (a byte order mark is fine), any line ends, RFC 4180 quotes.

    Raises:
        DataError: when the header is malformed, rows are ragged or blank, quotes are not closed, the encoding is not UTF-8, or the
            separator is another one.
    """
    return _Reader(path.read_bytes(), name, separator).table(missing_tokens)


class _Reader:
    def __init__(self, data: bytes, name: str, separator: str):
        self.name, self.separator = name, separator
        self.offset = len(_BOM) if data.startswith(_BOM) else 0
        self.data = self.normal(data)

    def fail(self, code: str, message: str, *, line: int | None = None, help: str = "") -> DataError:
        return DataError(message, code=code, place=self.name if line is None else f"{self.name}:{line}", help=help)

    def normal(self, data: bytes) -> bytes:
        """The text without byte order mark and final blank lines, its lines ended by a line feed."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self.fail("bad-cell", f"`{self.name}` is UTF-16, at byte 0", help="save it as UTF-8")
        data = data.removeprefix(_BOM)
        zero = data.find(b"\0")
        if zero >= 0:
            line = data.count(b"\n", 0, zero) + 1
            message = f"`{self.name}` has a NUL byte at byte {zero + self.offset}"
            raise self.fail("bad-cell", message, line=line, help="the file is damaged or not text")
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            data = self.without_lone_returns(data)
        if data.endswith((b"\n\n", b"\n\r\n")):
            data = data.rstrip(b"\r\n") + b"\n"
        if not data[:4096].strip(b"\r\n \t") and not data.strip(b"\r\n \t"):
            raise self.fail("missing-data", f"`{self.name}` has no header and no rows", help="a data file has a header and rows")
        return data

    def without_lone_returns(self, data: bytes) -> bytes:
        """A file whose lines end in a carriage return alone gets line feeds; one with both kinds of line end is refused."""
        if b"\n" not in data:
            return data.replace(b"\r", b"\n")
        position = 0
        for number, piece in enumerate(data.split(b'"')):
            at = piece.replace(b"\r\n", b"\n\n").find(b"\r")
            if number % 2 == 0 and at >= 0:
                line = data.count(b"\n", 0, position + at) + 1
                message = f"line {line} of `{self.name}` has a carriage return in the middle"
                raise self.fail("ragged-row", message, line=line, help="save the file with one kind of line end")
            position += len(piece) + 1
        return data

    def table(self, missing_tokens: Sequence[str]) -> CsvTable:
        header, header_lines = self.header()
        self.check_separator(header)
        self.check_header(header)
        frame = self.frame()
        if frame.width != len(header):
            raise self.malformed(len(header))
        frame.columns = header
        if not self.adds_up(frame, header):
            raise self.malformed(len(header))
        return CsvTable(self.name, frame, missing_tokens, header_lines, quoted_breaks=b'"' in self.data)

    def header(self) -> tuple[list[str], int]:
        """The names of the columns and how many lines they take."""
        try:
            reader = self.rows()
            names = next(reader, [])
            lines = reader.line_num
        except UnicodeDecodeError as error:
            raise self.bad_encoding() from error
        except _QuoteFault as error:
            raise self.fail("bad-header", f"the header of `{self.name}` has malformed quotes", line=1, help="close every quote") from error
        if not names:
            help = "the first line holds the names of the columns"
            raise self.fail("bad-header", f"`{self.name}` starts with a blank line", line=1, help=help)
        return names, lines

    def rows(self) -> _Rows:
        return _Rows(self.data, self.separator)

    def check_separator(self, header: list[str]) -> None:
        if len(header) != 1 or self.data.startswith(b'"'):
            return
        for other in _SEPARATORS:
            if other != self.separator and other in header[0]:
                written = {"\t": '"\\t"'}.get(other, f'"{other}"')
                help = f"if {_word(other)} separates the cells, write `separator: {written}`"
                raise self.fail("bad-header", f"found 1 column named {header[0]!r}", line=1, help=help)

    def check_header(self, header: list[str]) -> None:
        problems: list[tuple[str, str]] = []
        for position, column in enumerate(header, start=1):
            if not column.strip():
                help = "name it; pandas leaves its index out with `to_csv(..., index=False)`" if position == 1 else "give it a name"
                problems.append((f"column {position} has no name", help))
            elif column != column.strip():
                problems.append((f"the name of column {position} has spaces around it: {column!r}", "remove the spaces from the header"))
        problems += [
            (f"{count} columns are named `{column}`", "give each column its own name")
            for column, count in Counter(header).items()
            if count > 1 and column.strip()
        ]
        if problems:
            raise DataError([Diagnostic("bad-header", message, place=f"{self.name}:1", help=help) for message, help in problems])

    def frame(self) -> pl.DataFrame:
        try:
            return pl.read_csv(self.data, separator=self.separator, infer_schema=False, empty_string_is_null=False)
        except pl.exceptions.PolarsError as error:
            if "utf-8" in str(error):
                raise self.bad_encoding() from error
            raise self.malformed(len(self.header()[0])) from error

    def adds_up(self, frame: pl.DataFrame, header: list[str]) -> bool:
        """Whether no row is short or blank: polars fills short rows, so that the separators are counted, those inside cells apart."""
        if len(header) == 1:
            return not (frame.to_series() == "").any() or next(self.ragged(1), None) is None
        between = self.data.count(self.separator.encode())
        if b'"' in self.data:
            inside = frame.select(pl.sum_horizontal(pl.all().str.count_matches(self.separator, literal=True).sum())).item()
            between -= (inside or 0) + sum(name.count(self.separator) for name in header)
        return between == (frame.height + 1) * (len(header) - 1)

    def malformed(self, width: int) -> DataError:
        """The rows that do not have `width` cells, found line by line."""
        shown: list[Diagnostic] = []
        count = 0
        try:
            for line, cells in self.ragged(width):
                count += 1
                if count > _SHOWN:
                    continue
                what = "is blank" if cells == 0 else f"has {cells} {'cell' if cells == 1 else 'cells'}, the header has {width}"
                help = "remove it" if cells == 0 else "text with a separator in it needs quotes; an empty cell still needs its separator"
                shown.append(Diagnostic("ragged-row", f"line {line} {what}", place=f"{self.name}:{line}", help=help))
        except UnicodeDecodeError:
            return self.bad_encoding()
        except _QuoteFault as fault:
            help = 'a quote inside a quoted cell is written twice: ""'
            message = f"the quotes of the row at line {fault.line} are malformed"
            shown.append(Diagnostic("ragged-row", message, place=f"{self.name}:{fault.line}", help=help))
        if count > _SHOWN:
            message = f"{count - _SHOWN} more rows have another number of cells than the header"
            shown.append(Diagnostic("ragged-row", message, place=self.name))
        if not shown:
            return self.fail("ragged-row", f"`{self.name}` cannot be divided into rows and cells", help="check its quotes and separators")
        return DataError(shown)

    def ragged(self, width: int) -> Iterator[tuple[int, int]]:
        """Line number and number of cells of each row that has another number than `width`."""
        rows = self.rows()
        for cells in rows:
            if len(cells) != width:
                yield rows.first_line, len(cells)

    def bad_encoding(self) -> DataError:
        try:
            self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            message = f"`{self.name}` is not UTF-8: byte 0x{self.data[error.start]:02x} at byte {error.start + self.offset}"
            return self.fail("bad-cell", message, line=line, help="save the file as UTF-8")
        return self.fail("bad-cell", f"`{self.name}` is not UTF-8", help="save the file as UTF-8")


class _QuoteFault(Exception):
    def __init__(self, line: int):
        super().__init__(line)
        self.line = line


class _Rows:
    """The rows as Python's csv module reads them; `first_line` is the line at which the last row began."""

    def __init__(self, data: bytes, separator: str):
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
        self._reader = csv.reader(text, delimiter=separator, strict=True)
        self.first_line = 0

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> list[str]:
        self.first_line = self._reader.line_num + 1
        try:
            return next(self._reader)
        except csv.Error as error:
            raise _QuoteFault(self.first_line) from error

    @property
    def line_num(self) -> int:
        return self._reader.line_num


def _word(separator: str) -> str:
    return "a tab" if separator == "\t" else f"`{separator}`"
