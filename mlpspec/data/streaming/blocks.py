"""Data files as blocks of rows, each row with its place in its file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mlpspec.data.opening import check_file, known_format, shown
from mlpspec.data.sources.folder import different_columns
from mlpspec.data.sources.series import FrameTable
from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.diagnostics.faults import Faults
from mlpspec.files.csv_reader import CsvReader
from mlpspec.files.suffixes import Format, usual_separator

BLOCK_ROWS = 1 << 16
"""Rows that are read at once, about; a block of CSV has at most 64 MiB."""


@dataclass(frozen=True)
class Places:
    """Where rows stand: the number of each row's file among `files`, and its line or row in it, from 1, (rows,) int64 each."""

    files: Sequence[str]
    file: np.ndarray
    number: np.ndarray
    are_lines: bool

    def __getitem__(self, rows: np.ndarray) -> Places:
        return Places(self.files, self.file[rows], self.number[rows], self.are_lines)

    def say(self, row: int) -> str:
        """The place of a row as messages name it; see `Table.place`."""
        name, number = self.files[self.file[row]], self.number[row]
        return f"{name}:{number}" if self.are_lines else f"{name}: row {number}"

    @classmethod
    def join(cls, several: Sequence[Places]) -> Places:
        """Those of rows that stand one behind another."""
        first = several[0]
        file, number = (np.concatenate([getattr(places, name) for places in several]) for name in ("file", "number"))
        return cls(first.files, file, number, first.are_lines)


class Block(FrameTable):
    """Some rows of a source. Only the columns that were asked for can be read, but `columns` names all.

    Attributes:
        numbers: the numbers of the rows among all of the source, from 0, (rows,) int64.
        places: where they stand.
    """

    def __init__(
        self, name: str, columns: tuple[str, ...], frame: pl.DataFrame, numbers: np.ndarray, places: Places, tokens: Sequence[str]
    ):
        super().__init__(name, frame, tokens)
        self.columns, self.numbers, self.places, self._tokens = columns, numbers, places, tokens

    def place(self, row: int) -> str:
        """See `Table.place`."""
        return self.places.say(row)

    def __getitem__(self, rows: np.ndarray) -> Block:
        """Some of the rows, (rows,) int64."""
        return Block(self.name, self.columns, self.frame[rows], self.numbers[rows], self.places[rows], self._tokens)

    @classmethod
    def join(cls, blocks: Sequence[Block]) -> Block:
        """The rows of several blocks of one source, in the order of the source, each once."""
        first = blocks[0]
        numbers, rows = np.unique(np.concatenate([block.numbers for block in blocks]), return_index=True)
        places = Places.join([block.places for block in blocks])[rows]
        return Block(first.name, first.columns, pl.concat([block.frame for block in blocks])[rows], numbers, places, first._tokens)


class Source:
    """The rows of some files, one behind another.

    Args:
        name: how messages call the source.
        files: the files.
        format: what they are; told by their suffixes by default.
        separator: what stands between the cells of CSV files.
        tokens: texts that mean a missing value.

    Raises:
        DataError: when a file is missing, damaged or of a kind that can only be read whole, or when the files' columns differ.
    """

    def __init__(self, name: str, files: Sequence[Path], *, format: Format | None, separator: str | None, tokens: Sequence[str]):
        self.name, self.files, self.tokens = name, files, tokens
        self._names = [shown(path) for path in files]
        problems: list[Diagnostic] = []
        readers: list[_CsvFile | _FrameFile] = []
        for path, file in zip(files, self._names, strict=True):
            try:
                check_file(path, file)
                readers.append(_open(path, file, known_format(path, format), separator))
            except DataError as error:
                problems += error.diagnostics
        if problems:
            raise DataError(problems)
        self._readers = readers
        self.columns = tuple(readers[0].schema)

    def blocks(self, columns: Collection[str], rows: int = BLOCK_ROWS) -> Iterator[Block]:
        """All rows in blocks of about `rows`, with the `columns`.

        Raises:
            DataError: with all rows of a CSV file that are malformed, or when a file is damaged.
        """
        read = [name for name in self.columns if name in columns]
        (first, one), *others = zip(self._readers, self._names, strict=True)
        problems = []
        for other, name in others:
            problems += different_columns(first.schema, other.schema, one, name, read)
        if problems:
            raise DataError(problems)
        count = 0
        for file, reader in enumerate(self._readers):
            for frame, places in reader.frames(read, rows):
                numbers = np.arange(count, count + frame.height)
                where = Places(self._names, np.full(frame.height, file), places, reader.are_lines)
                yield Block(self.name, self.columns, frame, numbers, where, self.tokens)
                count += frame.height


class _CsvFile:
    are_lines = True

    def __init__(self, path: Path, name: str, separator: str | None):
        self._path, self._name, self._separator = path, name, separator or usual_separator(path.suffix)
        with path.open("rb") as stream:
            self.schema: Mapping[str, pl.DataType] = dict.fromkeys(self._reader(stream).header, pl.String())

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[tuple[pl.DataFrame, np.ndarray]]:
        faults = Faults()
        with self._path.open("rb") as stream:
            reader = self._reader(stream)
            for block in reader.blocks(rows):
                block.note(faults, reader.place)
                if not faults:
                    yield block.frame(columns, empty_is_null=False), block.lines(np.arange(block.rows))
        faults.raise_if_any()

    def _reader(self, stream) -> CsvReader:  # noqa: ANN001  # the file, opened for bytes
        from mlpspec.data.sources.csv import say_separator

        return CsvReader(stream, self._name, separator=self._separator, say_separator=say_separator)


class _FrameFile:
    are_lines = False

    def __init__(self, path: Path, name: str, format: Format):
        from mlpspec.data.sources.parquet import read_or_say_why, scan

        self._name, self._kind = name, "a Parquet file" if format == "parquet" else "an Arrow file"
        self._lazy = read_or_say_why(lambda: scan(path, format), name, self._kind)
        self.schema: Mapping[str, pl.DataType] = read_or_say_why(self._lazy.collect_schema, name, self._kind)

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[tuple[pl.DataFrame, np.ndarray]]:
        from mlpspec.data.sources.parquet import read_or_say_why

        batches = self._lazy.select(columns).collect_batches(chunk_size=rows, maintain_order=True)
        iterator, count = iter(batches), 0
        while (frame := read_or_say_why(lambda: next(iterator, None), self._name, self._kind)) is not None:
            if frame.height:
                yield frame, np.arange(count + 1, count + 1 + frame.height)
            count += frame.height


def _open(path: Path, name: str, format: Format, separator: str | None) -> _CsvFile | _FrameFile:
    if format == "csv":
        return _CsvFile(path, name, separator)
    if format == "npz":
        help = "write the arrays to a Parquet file, tensors as lists, or leave `streaming` out"
        raise DataError(f"`{name}` is an NPZ file, which is read whole and cannot be streamed", place=name, help=help)
    return _FrameFile(path, name, format)


def all_columns(sources: Iterable[Source]) -> tuple[str, ...]:
    """The columns that any of the sources has."""
    return tuple(dict.fromkeys(column for source in sources for column in source.columns))
