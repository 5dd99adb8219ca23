"""Files of answers: CSV, Parquet, NPZ. Each takes answered batches one after another and keeps none but NPZ."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mlpspec.diagnostics import DataError, MachineError
from mlpspec.runtime.answers import answer_frame
from mlpspec.runtime.card import ModelCard

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Answered:
    """The answers to some rows, an array for each output, and the rows themselves when they are kept."""

    answers: Mapping[str, np.ndarray]
    kept: pl.DataFrame | None = None


Sink = Callable[[BinaryIO, ModelCard, Answered, Iterator[Answered]], None]
"""Writes a file from answered batches. The third argument is an answer of no rows, which tells columns and types."""


def write_csv(file: BinaryIO, card: ModelCard, empty: Answered, batches: Iterator[Answered]) -> None:
    """A CSV file with a header."""
    _write_separated(file, card, empty, batches, ",")


def write_tsv(file: BinaryIO, card: ModelCard, empty: Answered, batches: Iterator[Answered]) -> None:
    """The same with tabs between the cells."""
    _write_separated(file, card, empty, batches, "\t")


def _write_separated(file: BinaryIO, card: ModelCard, empty: Answered, batches: Iterator[Answered], separator: str) -> None:
    import polars as pl

    try:
        file.write(answer_frame(card, empty.answers, empty.kept).write_csv(separator=separator).encode())
        for batch in batches:
            file.write(answer_frame(card, batch.answers, batch.kept).write_csv(separator=separator, include_header=False).encode())
    except pl.exceptions.ComputeError as error:
        raise DataError(f"the rows cannot be written as CSV: {error}", help="write Parquet, or do not keep the columns") from error


def write_parquet(file: BinaryIO, card: ModelCard, empty: Answered, batches: Iterator[Answered]) -> None:
    """A Parquet file; row groups are written as batches come."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        for batch in batches:
            yield answer_frame(card, batch.answers, batch.kept)

    schema = answer_frame(card, empty.answers, empty.kept).schema
    try:
        register_io_source(source, schema=schema).sink_parquet(file)
    except pl.exceptions.ComputeError as error:
        raise MachineError(f"the answers cannot be written: {str(error).splitlines()[0]}", code="cannot-write") from error


def write_npz(file: BinaryIO, card: ModelCard, empty: Answered, batches: Iterator[Answered]) -> None:
    """An NPZ file with an array for each output of the model; texts are fixed-width, so that nothing is pickled."""
    parts: dict[str, list[np.ndarray]] = {name: [array] for name, array in empty.answers.items()}
    for batch in batches:
        for name, array in batch.answers.items():
            parts[name].append(array)
    with zipfile.ZipFile(file, "w") as archive:  # what numpy.savez does, which takes no array of the name `file`
        for name, arrays in parts.items():
            whole = np.concatenate(arrays)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, whole.astype("U") if whole.dtype == object else whole, allow_pickle=False)


SINKS: dict[str, Sink] = {
    ".csv": write_csv,
    ".txt": write_csv,
    ".tsv": write_tsv,
    ".parquet": write_parquet,
    ".pq": write_parquet,
    ".npz": write_npz,
}
"""How a file of answers is written, by its suffix."""
