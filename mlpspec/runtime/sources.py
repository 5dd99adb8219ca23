"""Files of rows to answer, read in batches: CSV, Parquet, Arrow, NPZ. What is wrong with the rows is noted, and reading goes on."""

from __future__ import annotations

import shlex
import sys
import zipfile
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import numpy as np

from mlpspec.diagnostics import DataError, MachineError, UsageError
from mlpspec.diagnostics.faults import Faults
from mlpspec.files.csv_reader import CsvBlock, CsvReader
from mlpspec.files.suffixes import SUFFIXES, usual_separator
from mlpspec.runtime.bad_rows import BadRows
from mlpspec.runtime.card import ModelCard
from mlpspec.runtime.choose import choose
from mlpspec.runtime.inputs import InputReader, Place, missing_columns
from mlpspec.runtime.rows import read_rows, row_place

if TYPE_CHECKING:
    import polars as pl

_MOST_INFLATION, _FREE_BYTES = 200, 1 << 30
"""An NPZ file may unpack to so many times its size; below so many bytes to any."""


Keep = bool | Sequence[str]
"""Which columns of the data go on to the answers: all, none, or those of these names and patterns."""


@dataclass(frozen=True)
class Batch:
    """Rows to answer.

    Attributes:
        arrays: an array for each input of the model.
        number: gives the numbers by which people count rows of the batch, which are given from 0.
        bad: the rows that the model cannot take; they stand in `arrays` and `kept` all the same.
        kept: the rows as they stood in the file, when they are to be kept.
        start: what `bad` counts the first row as.
    """

    arrays: dict[str, np.ndarray]
    number: Callable[[np.ndarray], np.ndarray]
    bad: BadRows
    kept: pl.DataFrame | None = None
    start: int = 0

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.arrays.values())))

    def part(self, start: int, stop: int) -> Batch:
        """Some of the rows."""
        arrays = {name: array[start:stop] for name, array in self.arrays.items()}
        kept = self.kept[start:stop] if self.kept is not None else None
        return replace(self, arrays=arrays, kept=kept, start=self.start + start)


@dataclass
class Progress:
    """How far the reading is: `done` of `total`, in bytes or rows; `total` is 0 when it is not known.

    `unseen` counts unknown categories by column.
    """

    done: int = 0
    total: int = 0
    unseen: dict[str, int] = field(default_factory=dict)

    def count_unseen(self, found: Mapping[str, np.ndarray], bad: np.ndarray) -> None:
        """Add rows to the counts, but for those that are `bad` (by row) and not answered."""
        for name, rows in found.items():
            count = int((~bad[rows]).sum())
            if count:
                self.unseen[name] = self.unseen.get(name, 0) + count


@dataclass(frozen=True)
class Noting:
    """Where faults go.

    Attributes:
        whole: those that always stop everything.
        rows: those of rows; the same as `whole` where they stop everything too.
    """

    whole: Faults = field(default_factory=Faults)
    rows: Faults = field(default_factory=Faults)

    def of_batch(self, malformed: np.ndarray | None = None) -> BadRows:
        """What sets the rows of a batch aside, beside the malformed ones."""
        return BadRows(self.whole, self.rows, malformed)


class Source(Protocol):
    """An opened file of rows.

    Attributes:
        counted: what its rows are counted in: `line` or `row`.
        ignored: columns that neither the model reads nor the answers keep.
    """

    progress: Progress
    counted: str
    ignored: tuple[str, ...]

    def batches(self, rows: int, noting: Noting) -> Generator[Batch, None, None]:
        """The rows in batches of about `rows`."""
        ...

    def empty(self) -> pl.DataFrame | None:
        """No rows of the columns that are kept; None when none are."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_source(data: Path | str, card: ModelCard, *, keep: Keep = False, separator: str | None = None) -> Source:
    """Open a file of rows; `-` is CSV from standard input.

    Args:
        data: the file.
        card: what the model reads.
        keep: the columns that go on to the answers.
        separator: what stands between the cells of a CSV file; a comma by default, a tab in `.tsv`.

    Raises:
        DataError: when it is missing, empty, of another kind, or lacks columns.
        UsageError: when its suffix says nothing, columns that it lacks are to be kept, or options do not suit it.
        MachineError: when it may not be read.
    """
    if str(data) == "-":
        stream = sys.stdin.buffer
        unlocked = getattr(stream, "raw", stream)  # a thread that waits in a buffered read would block the end of the process
        return CsvSource(unlocked, "<stdin>", card, keep=keep, size=0, separator=separator or ",", close=False)
    path, name = Path(data), str(data)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"the suffix of {name} does not tell what it is", help=f"known: {', '.join(SUFFIXES)}", place=name)
    if separator is not None and kind != "csv":
        raise UsageError(f"{name} is no CSV file and has no separator", place=name)
    try:
        if not path.exists():
            raise DataError(f"there is no file {name}", code="missing-data", place=name)
        if path.is_dir():
            raise DataError(f"{name} is a folder, not a file of rows", code="missing-data", place=name)
        if kind == "csv":
            stream = path.open("rb")
            try:
                separator = separator or usual_separator(path.suffix)
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

    counted = "line"

    def __init__(self, stream: BinaryIO, name: str, card: ModelCard, *, keep: Keep, size: int, separator: str = ",", close: bool = True):
        self.progress = Progress(total=size)
        self._card, self._close = card, close
        self._stream = stream
        self._reader = CsvReader(stream, name, separator=separator, say_separator=_say_separator)
        _require_columns(card, self._reader.header, self._reader.place(1))
        self._kept = _kept_columns(keep, self._reader.header)
        self._read = tuple(dict.fromkeys([*self._kept, *card.columns]))
        self.ignored = _others(self._reader.header, self._read)
        self._floats = _only_numbers(card) - set(self._kept)

    def batches(self, rows: int, noting: Noting) -> Generator[Batch, None, None]:
        """See `Source`."""
        import polars as pl

        for block in self._reader.blocks(rows):
            bad = noting.of_batch(block.malformed_rows)
            block.note(bad, self._reader.place)

            def place(row: int, block: CsvBlock = block) -> str:
                return self._reader.place(int(block.lines(np.array([row]))[0]))

            frame = block.frame(self._read, floats=self._floats)
            if self._floats and frame.schema[next(iter(self._floats))] == pl.String:
                self._floats = frozenset()  # some cells are no plain numbers: in the next block, too, they are likely to be texts
            yield _batch(frame, self._card, bad, place, self.progress, block.lines, self._kept)
            self.progress.done = self._reader.bytes_read

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        import polars as pl

        return pl.DataFrame(schema=dict.fromkeys(self._kept, pl.String)) if self._kept else None

    def close(self) -> None:
        """See `Source`; standard input is the caller's."""
        if self._close:
            self._stream.close()


class FrameSource:
    """Rows of a Parquet or Arrow file."""

    counted = "row"

    def __init__(self, path: Path, kind: str, name: str, card: ModelCard, *, keep: Keep):
        import polars as pl

        self._name, self._card = name, card
        try:
            self._lazy = pl.scan_parquet(path, glob=False) if kind == "parquet" else _scan_arrow(path)
            self._schema = self._lazy.collect_schema()
            self.progress = Progress(total=self._lazy.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(name, kind, error) from error
        self._kind = kind
        names = self._schema.names()
        _require_columns(card, names, name)
        self._kept = _kept_columns(keep, names)
        self._read = tuple(dict.fromkeys([*self._kept, *card.columns]))
        self.ignored = _others(names, self._read)

    def batches(self, rows: int, noting: Noting) -> Generator[Batch, None, None]:
        """See `Source`."""
        import polars as pl

        lazy = self._lazy.select(self._read)
        try:
            for frame in lazy.collect_batches(chunk_size=rows, maintain_order=True):
                first = self.progress.done

                def place(row: int, first: int = first) -> str:
                    return f"{self._name}: row {first + row + 1:,}"

                def number(rows: np.ndarray, first: int = first) -> np.ndarray:
                    return first + rows + 1

                yield _batch(frame, self._card, noting.of_batch(), place, self.progress, number, self._kept)
                self.progress.done = first + frame.height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self._name, self._kind, error) from error

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        import polars as pl

        return pl.DataFrame(schema={name: self._schema[name] for name in self._kept}) if self._kept else None

    def close(self) -> None:
        """See `Source`; polars has closed it."""


class NpzSource:
    """Rows of an NPZ file: arrays named as the model's inputs or columns. They are read whole."""

    counted = "row"

    def __init__(self, path: Path, name: str, card: ModelCard):
        self._given, names = _load_npz(path, name, card)
        self._name, self._card = name, card
        self.progress = Progress()
        self.ignored = _others(names, self._given)
        _require_columns(card, [*self._given], name, ready=[item.name for item in card.inputs if item.name in self._given])

    def batches(self, rows: int, noting: Noting) -> Generator[Batch, None, None]:
        """See `Source`."""
        bad = noting.of_batch()
        try:
            arrays = read_rows(self._given, self._card, bad, lambda row: f"{self._name}: {row_place(row)}")
        except DataError as error:
            raise DataError(replace(d, place=d.place or self._name) for d in error.diagnostics) from error
        self.progress.total = len(next(iter(arrays.values())))
        whole = Batch(arrays, lambda found: found + 1, bad)
        for start in range(0, whole.rows, rows):
            yield whole.part(start, start + rows)
            self.progress.done = min(start + rows, whole.rows)

    def empty(self) -> pl.DataFrame | None:
        """See `Source`."""
        return None

    def close(self) -> None:
        """See `Source`; it is closed since it was read."""


def _batch(
    frame: pl.DataFrame,
    card: ModelCard,
    bad: BadRows,
    place: Place,
    progress: Progress,
    number: Callable[[np.ndarray], np.ndarray],
    kept: Sequence[str],
) -> Batch:
    from mlpspec.runtime.series import SeriesColumn

    reader = InputReader(card, bad, place, find_unseen=True)
    arrays = reader.read({name: SeriesColumn(frame.get_column(name), card.missing_tokens) for name in card.columns})
    progress.count_unseen(reader.unseen, bad.within(0, frame.height))
    return Batch(arrays, number, bad, frame.select(kept) if kept else None)


def _kept_columns(keep: Keep, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names) if keep is True else choose(keep, names, "the data has no column") if keep else ()


def _others(names: Iterable[str], read: Collection[str]) -> tuple[str, ...]:
    known = set(read)
    return tuple(name for name in names if name not in known)


def _only_numbers(card: ModelCard) -> frozenset[str]:
    """Columns of which the model wants nothing but numbers, and in which no number means a missing value."""
    if any(map(_is_number, card.missing_tokens)):
        return frozenset()
    numeric = {column for item in card.inputs if item.type == "float32" and item.shape is None for column in item.columns}
    others = {column for item in card.inputs if item.type != "float32" or item.shape is not None for column in item.columns}
    return frozenset(numeric - others)


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def _require_columns(card: ModelCard, names: Sequence[str], place: str, ready: Collection[str] = ()) -> None:
    faults = Faults()
    missing_columns(card, names, faults, place=place, ready=ready)
    faults.raise_if_any()


def _say_separator(separator: str) -> str:
    return f"if that separates the cells, pass `--separator {shlex.quote(separator)}`, in Python `separator={separator!r}`"


def _scan_arrow(path: Path) -> pl.LazyFrame:
    import polars as pl

    with path.open("rb") as file:
        is_file_form = file.read(6) == b"ARROW1"
    return pl.scan_ipc(path) if is_file_form else pl.read_ipc_stream(path).lazy()


def _damaged(name: str, kind: str, error: Exception) -> DataError:
    reason = str(error).strip().split("\n", 1)[0]
    what = "a Parquet file" if kind == "parquet" else "an Arrow file"
    return DataError(f"{name} cannot be read as {what}: {reason}", place=name, help="check that the file is complete")


def _load_npz(path: Path, name: str, card: ModelCard) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays that the model reads, and the names of all."""
    wanted = {*card.columns, *(item.name for item in card.inputs)}
    help = "write it with numpy.savez, texts with `.astype(str)`"
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > max(_FREE_BYTES, _MOST_INFLATION * path.stat().st_size):
            raise DataError(f"{name} would unpack to {unpacked:,} bytes; it was not unpacked", place=name, help="save it with numpy.savez")
        with np.load(path, allow_pickle=False) as arrays:
            return {array: arrays[array] for array in arrays.files if array in wanted}, arrays.files
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError) as error:
        raise DataError(f"{name} cannot be read as an NPZ file: {error}", place=name, help=help) from error
