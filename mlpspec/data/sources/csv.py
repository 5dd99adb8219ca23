"""CSV files. Polars reads the cells, all as text; what it would repair in silence is found and refused here.

The happy path looks at the whole file a few times at memory speed. Only when something looks unusual does Python's own csv module walk
through the file, row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from mlpspec.data.sources.csv_rows import CsvRows, QuoteFault, has_regular_quotes, malformed_rows
from mlpspec.data.sources.csv_text import CsvText
from mlpspec.data.sources.series import FrameTable
from mlpspec.diagnostics import DataError, Diagnostic, UsageError

_SEPARATORS = {";": ("`;`", '";"'), "\t": ("a tab", '"\\t"'), ",": ("`,`", '","'), "|": ("`|`", '"|"')}
"""Usual separators, as a sentence names them and as a spec writes them."""


class CsvTable(FrameTable):
    """The rows of a CSV file. `place` gives line numbers, also after quoted line breaks."""

    def __init__(self, name: str, frame: pl.DataFrame, missing_tokens: Sequence[str], header_lines: int, *, may_have_breaks: bool):
        super().__init__(name, frame, missing_tokens)
        self._frame, self._header_lines, self._may_have_breaks = frame, header_lines, may_have_breaks

    def place(self, row: int) -> str:
        line = row + self._header_lines + 1
        if self._may_have_breaks and row:
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
        UsageError: when the separator is not one ASCII character, or is one that has another meaning.
    """
    if len(separator.encode()) != 1 or separator in '"\r\n\0':
        raise UsageError(f"{separator!r} cannot separate cells", help="a separator is one ASCII character, such as `;` or a tab")
    text = CsvText(path.read_bytes(), name)
    header, header_lines = _header(text, separator)
    if not text.data.startswith(b'"'):
        _check_separator(text, header, separator)
    _check_header(text, header)
    frame = _cells(text, separator, len(header))
    return CsvTable(
        name, frame.rename(dict(zip(frame.columns, header, strict=True))), missing_tokens, header_lines, may_have_breaks=b'"' in text.data
    )


def _header(text: CsvText, separator: str) -> tuple[list[str], int]:
    """The names of the columns and how many lines they take."""
    rows = CsvRows(text.data, separator)
    try:
        names = next(rows)
    except UnicodeDecodeError as error:
        raise text.bad_encoding() from error
    except QuoteFault as error:
        raise text.fail("bad-header", f"the header of `{text.name}` has malformed quotes", line=1, help="close every quote") from error
    if not names:
        help = "the first line holds the names of the columns"
        raise text.fail("bad-header", f"`{text.name}` starts with a blank line", line=1, help=help)
    return names, rows.last_line


def _check_separator(text: CsvText, header: list[str], separator: str) -> None:
    for other, (word, written) in _SEPARATORS.items():
        if len(header) == 1 and other != separator and other in header[0]:
            help = f"if {word} separates the cells, write `separator: {written}`"
            raise text.fail("bad-header", f"found 1 column named {header[0]!r}", line=1, help=help)


def _check_header(text: CsvText, header: list[str]) -> None:
    problems: list[tuple[str, str]] = []
    for position, column in enumerate(header, start=1):
        if not column.strip():
            help = "name it; pandas leaves its index out with `to_csv(..., index=False)`" if position == 1 else "give it a name"
            problems.append((f"column {position} has no name", help))
        elif column != column.strip():
            problems.append((f"the name of column {position} has spaces around it: {column!r}", "remove the spaces from the header"))
    for column, count in Counter(header).items():
        if count > 1 and column.strip():
            problems.append((f"{count} columns are named `{column}`", "give each column its own name"))
    if problems:
        raise DataError([Diagnostic("bad-header", message, place=f"{text.name}:1", help=help) for message, help in problems])


def _cells(text: CsvText, separator: str, width: int) -> pl.DataFrame:
    """The cells below the header, all as text; an empty cell is the empty text."""
    quoted = b'"' in text.data
    if quoted and not has_regular_quotes(text.data, separator):
        return _cells_row_by_row(text, separator, width)
    try:
        frame = pl.read_csv(text.data, separator=separator, infer_schema=False, empty_string_is_null=False)
    except pl.exceptions.PolarsError:
        return _cells_row_by_row(text, separator, width)
    may_be_blank = width == 1 and bool((frame.to_series() == "").any())
    if may_be_blank or frame.width != width or not _adds_up(text.data, frame, separator, quoted=quoted):
        return _cells_row_by_row(text, separator, width)
    return frame


def _cells_row_by_row(text: CsvText, separator: str, width: int) -> pl.DataFrame:
    """The cells as Python's csv module reads them, or what is wrong with the rows."""
    try:
        if problems := malformed_rows(text.data, separator, width, text.name):
            raise DataError(problems)
        rows = list(CsvRows(text.data, separator))[1:]
    except UnicodeDecodeError as error:
        raise text.bad_encoding() from error
    return pl.DataFrame([pl.Series(str(position), [row[position] for row in rows], pl.String) for position in range(width)])


def _adds_up(data: bytes, frame: pl.DataFrame, separator: str, *, quoted: bool) -> bool:
    """Whether no row is short or blank: polars fills short rows, so that the separators are counted, those inside cells apart.

    Long rows make polars stop, so that every row has its separators exactly when all together are as many as there should be.
    """
    between = data.count(separator.encode())
    if quoted:
        inside = frame.select(pl.sum_horizontal(pl.all().str.count_matches(separator, literal=True).sum())).item()
        between -= (inside or 0) + sum(name.count(separator) for name in frame.columns)
    return between == (frame.height + 1) * (frame.width - 1)
