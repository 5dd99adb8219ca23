"""Files of rows to answer, read in batches: CSV, Parquet, Arrow, NPZ. What is wrong with the rows is noted, and reading goes on."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.runtime.card import ModelCard
from mlpspec.runtime.csv_rows import CsvReader
from mlpspec.runtime.faults import Faults
from mlpspec.runtime.inputs import InputReader, Place, missing_columns
from mlpspec.runtime.rows import read_rows

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".npz": "npz",
}
"""What a file of rows is, by its suffix."""

_MOST_INFLATION, _FREE_BYTES = 200, 1 << 30
"""An NPZ file may unpack to so many times its size; below so many bytes to any."""


@dataclass(frozen=True)
class Batch:
    """Rows to answer: an array for each input of the model, and the rows as they stood in the file when they are to be kept."""

    arrays: dict[str, np.ndarray]
    kept: pl.DataFrame | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.arrays.values())))


@dataclass
class Progress:
    """How far the reading is: `done` of `total`, in bytes or rows; `total` is 0 when it is not known.

    `unseen` counts unknown categories by column.
    """

    done: int = 0
    total: int = 0
    unseen: dict[str, int] = field(default_factory=dict)

    def count_unseen(self, found: Mapping[str, int]) -> None:
        """Add to the counts."""
        for name, count in found.items():
            self.unseen[name] = self.unseen.get(name, 0) + count


class Source(Protocol):
    """An opened file of rows."""

    progress: Progress

    def batches(self, rows: int, faults: Faults) -> Generator[Batch, None, None]:
        """The rows in batches of about `rows`; faulty ones are left out and noted."""
        ...

    def empty(self) -> pl.DataFrame | None:
        """No rows of the columns that are kept; None when none are."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_source(data: Path | str, card: ModelCard, *, keep: bool) -> Source:
    """Open a file of rows; `-` is CSV from standard input.

    Raises:
        DataError: when it is missing, empty, of another kind, or lacks columns.
        UsageError: when its suffix says nothing, or `keep` is asked of arrays.
        MachineError: when it may not be read.
    """
    if str(data) == "-":
        return CsvSource(sys.stdin.buffer, "<stdin>", card, keep=keep, size=0, close=False)
    path, name = Path(data), str(data)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"the suffix of {name} does not tell what it is", help=f"known: {', '.join(SUFFIXES)}", place=name)
    try:
        if not path.exists():
            raise DataError(f"there is no file {name}", code="missing-data", place=name)
        if path.is_dir():
            raise DataError(f"{name} is a folder, not a file of rows", code="missing-data", place=name)
        if kind == "csv":
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            stream = path.open("rb")
            try:
                return CsvSource(stream, name, card, keep=keep, size=path.stat().st_size, separator=separator)
            except BaseException:
                stream.close()
                raise
        if kind == "npz":
            if keep:
                raise UsageError("columns are kept of tables, not of an NPZ file", place=name)
            return NpzSource(path, name, card)
        return FrameSource(path, kind, name, card, keep=keep)
    except OSError as error:
        raise MachineError(f"{name} cannot be read: {error.strerror or error}", place=name) from error


class CsvSource:
    """Rows of a CSV file."""

    def __init__(self, stream: BinaryIO, name: str, card: ModelCard, *, keep: bool, size: int, separator: str = ",", close: bool = True):
        self.progress = Progress(total=size)
        self._card, self._keep, self._close = card, keep, close
        self._stream = stream
        self._reader = CsvReader(stream, name, separator=separator)
        _require_columns(card, self._reader.header, self._reader.place(1))

    def batches(self, rows: int, faults: Faults) -> Generator[Batch, None, None]:
        """See `Source`."""
        for block in self._reader.blocks(rows, faults):
            frame = block.frame(None if self._keep else self._card.columns)

            def place(row: int, line: Any = block.line) -> str:
                return self._reader.place(line(row))

            yield _batch(frame, self._card, faults, place, self.progress, keep=self._keep)
            self.progress.done = self._reader.bytes_read

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        import polars as pl

        return pl.DataFrame(schema=dict.fromkeys(self._reader.header, pl.String)) if self._keep else None

    def close(self) -> None:
        """See `Source`; standard input is the caller's."""
        if self._close:
            self._stream.close()


class FrameSource:
    """Rows of a Parquet or Arrow file."""

    def __init__(self, path: Path, kind: str, name: str, card: ModelCard, *, keep: bool):
        import polars as pl

        self._name, self._card, self._keep = name, card, keep
        try:
            self._lazy = pl.scan_parquet(path, glob=False) if kind == "parquet" else _scan_arrow(path)
            self._schema = self._lazy.collect_schema()
            self.progress = Progress(total=self._lazy.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(name, kind, error) from error
        self._kind = kind
        _require_columns(card, self._schema.names(), name)

    def batches(self, rows: int, faults: Faults) -> Generator[Batch, None, None]:
        """See `Source`."""
        import polars as pl

        lazy = self._lazy if self._keep else self._lazy.select(self._card.columns)
        try:
            for frame in lazy.collect_batches(chunk_size=rows, maintain_order=True):
                first = self.progress.done

                def place(row: int, first: int = first) -> str:
                    return f"{self._name}: row {first + row + 1:,}"

                yield _batch(frame, self._card, faults, place, self.progress, keep=self._keep)
                self.progress.done = first + frame.height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self._name, self._kind, error) from error

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        import polars as pl

        return pl.DataFrame(schema=self._schema) if self._keep else None

    def close(self) -> None:
        """See `Source`; polars has closed it."""


class NpzSource:
    """Rows of an NPZ file: arrays named as the model's inputs or columns. They are read whole."""

    def __init__(self, path: Path, name: str, card: ModelCard):
        arrays = _load_npz(path, name, card)
        try:
            self._arrays = read_rows(arrays, card)
        except DataError as error:
            raise DataError(replace(d, place=f"{name}: {d.place}" if d.place else name) for d in error.diagnostics) from error
        self.progress = Progress(total=len(next(iter(self._arrays.values()))))

    def batches(self, rows: int, faults: Faults) -> Generator[Batch, None, None]:
        """See `Source`."""
        for start in range(0, self.progress.total, rows):
            yield Batch({name: array[start : start + rows] for name, array in self._arrays.items()})
            self.progress.done = min(start + rows, self.progress.total)

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        return None

    def close(self) -> None:
        """See `Source`; it is closed since it was read."""


def _batch(frame: pl.DataFrame, card: ModelCard, faults: Faults, place: Place, progress: Progress, *, keep: bool) -> Batch:
    from mlpspec.runtime.series import SeriesColumn

    reader = InputReader(card, faults, place, count_unseen=True)
    arrays = reader.read({name: SeriesColumn(frame.get_column(name), card.missing_tokens) for name in card.columns})
    progress.count_unseen(reader.unseen)
    return Batch(arrays, frame if keep else None)


def _require_columns(card: ModelCard, names: Any, place: str) -> None:
    faults = Faults()
    missing_columns(card, list(names), faults, place=place)
    faults.raise_if_any()


def _scan_arrow(path: Path) -> pl.LazyFrame:
    import polars as pl

    with path.open("rb") as file:
        is_file_form = file.read(6) == b"ARROW1"
    return pl.scan_ipc(path) if is_file_form else pl.read_ipc_stream(path).lazy()


def _damaged(name: str, kind: str, error: Exception) -> DataError:
    reason = str(error).strip().split("\n", 1)[0]
    what = "a Parquet file" if kind == "parquet" else "an Arrow file"
    return DataError(f"{name} cannot be read as {what}: {reason}", place=name, help="check that the file is complete")


def _load_npz(path: Path, name: str, card: ModelCard) -> dict[str, np.ndarray]:
    wanted = {*card.columns, *(item.name for item in card.inputs)}
    help = "write it with numpy.savez, texts with `.astype(str)`"
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > max(_FREE_BYTES, _MOST_INFLATION * path.stat().st_size):
            raise DataError(f"{name} would unpack to {unpacked:,} bytes; it was not unpacked", place=name, help="save it with numpy.savez")
        with np.load(path, allow_pickle=False) as arrays:
            return {array: arrays[array] for array in arrays.files if array in wanted}
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError) as error:
        raise DataError(f"{name} cannot be read as an NPZ file: {error}", place=name, help=help) from error
