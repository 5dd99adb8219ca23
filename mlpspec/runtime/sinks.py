"""Files of answers: CSV, Parquet, NPZ. Each takes answered batches one after another and keeps none but NPZ."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mlpspec.diagnostics import DataError, MachineError
from mlpspec.runtime.answers import AnswerArrays, Answered, AnswerTable

if TYPE_CHECKING:
    import polars as pl


def write_csv(file: BinaryIO, table: AnswerTable, batches: Iterable[Answered]) -> None:
    """A CSV file with a header."""
    _write_separated(file, table, batches, ",")


def write_tsv(file: BinaryIO, table: AnswerTable, batches: Iterable[Answered]) -> None:
    """The same with tabs between the cells."""
    _write_separated(file, table, batches, "\t")


def _write_separated(file: BinaryIO, table: AnswerTable, batches: Iterable[Answered], separator: str) -> None:
    import polars as pl

    header = table.empty_frame()
    null = '""' if header.width == 1 else ""  # a line without a sign would be a blank line, which many readers leave out
    try:
        start = header.write_csv(separator=separator)
        for batch in batches:
            file.write((start + table.frame(batch).write_csv(separator=separator, include_header=False, null_value=null)).encode())
            start = ""
        file.write(start.encode())  # not before the first answers, so that nothing is said about rows that are refused
    except pl.exceptions.ComputeError as error:
        raise DataError(f"the rows cannot be written as CSV: {error}", help="write Parquet, or do not keep the columns") from error


def write_parquet(file: BinaryIO, table: AnswerTable, batches: Iterable[Answered]) -> None:
    """A Parquet file; row groups are written as batches come."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        for batch in batches:
            yield table.frame(batch)

    try:
        register_io_source(source, schema=table.empty_frame().schema).sink_parquet(file)
    except pl.exceptions.ComputeError as error:
        raise MachineError(f"the answers cannot be written: {str(error).splitlines()[0]}", code="cannot-write") from error


def write_npz(file: BinaryIO, arrays: AnswerArrays, batches: Iterable[Answered]) -> None:
    """An NPZ file with an array for each output of the model; texts are fixed-width, so that nothing is pickled."""
    parts: dict[str, list[np.ndarray]] = {name: [array] for name, array in arrays.empty().items()}
    for batch in batches:
        for name, array in arrays.arrays(batch).items():
            parts[name].append(array)
    with zipfile.ZipFile(file, "w") as archive:  # what numpy.savez does, which takes no array of the name `file`
        for name, found in parts.items():
            whole = np.concatenate(found)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, whole.astype("U") if whole.dtype == object else whole, allow_pickle=False)


@dataclass(frozen=True)
class Sink:
    """A kind of file: the form of the answers, and what writes answered batches in that form."""

    form: type[AnswerTable] | type[AnswerArrays]
    write: Callable[[BinaryIO, Any, Iterable[Answered]], None]


SINKS = {
    ".csv": Sink(AnswerTable, write_csv),
    ".txt": Sink(AnswerTable, write_csv),
    ".tsv": Sink(AnswerTable, write_tsv),
    ".parquet": Sink(AnswerTable, write_parquet),
    ".pq": Sink(AnswerTable, write_parquet),
    ".npz": Sink(AnswerArrays, write_npz),
}
"""How a file of answers is written, by its suffix."""
