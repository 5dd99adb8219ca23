"""From a file of rows to a file of answers, batch by batch: reading, calculating and writing overlap, and memory does not grow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import MachineError, UsageError
from mlpspec.runtime.ahead import ahead
from mlpspec.runtime.faults import Faults
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.sinks import SINKS, Answered, write_csv
from mlpspec.runtime.sources import Batch, Source, open_source

Report = Callable[[int, float | None], None]
"""Is told how many rows are answered, and which part of the work is done, from 0 to 1; None when that is not known."""


@dataclass(frozen=True)
class PredictSummary:
    """What was done: rows answered, seconds it took, and by column how many cells held a category that the training rows did not have."""

    rows: int
    seconds: float
    unseen: Mapping[str, int]


def predict_file(
    predictor: Predictor,
    data: str | Path,
    out: str | Path,
    *,
    batch_rows: int = 65_536,
    keep: bool = False,
    progress: Report | None = None,
) -> PredictSummary:
    """Answer every row of a file, in order.

    Args:
        predictor: the model.
        data: a CSV, TSV, Parquet, Arrow or NPZ file, known by its suffix; `-` is CSV from standard input.
        out: a CSV, TSV, Parquet or NPZ file, whole or not there; `-` is CSV to standard output, which is not held back until the end.
            Its columns are `<target>`, or `<target>_<column>` for each of several numbers, and `<target>_probability_<class>`.
        batch_rows: rows answered at once. More need more memory.
        keep: put the columns of the data, as they are, before the answers.
        progress: called after each batch.

    Raises:
        DataError: listing what is wrong in all rows, with lines.
        ModelFileError: when the model fails on sound rows.
        UsageError: when a suffix is unknown, or the answers would replace the data.
        MachineError: when the data cannot be read or the answers cannot be written.
        BrokenPipeError: when the reader of standard output has gone.
    """
    start = time.perf_counter()
    write = write_csv if str(out) == "-" else SINKS.get(Path(out).suffix.lower())
    if write is None:
        raise UsageError(f"the suffix of {out} does not tell how to write answers", help=f"known: {', '.join(SINKS)}")
    if _are_same(data, out):
        raise UsageError(f"the answers would replace the data in {data}", help="name another file with -o")
    faults = Faults()
    with closing(open_source(data, predictor.card, keep=keep)) as source, _opened(out) as file:
        empty = Answered(predictor.no_answers(), source.empty())
        counter = _Counter(source, progress)
        with closing(ahead(_answer(predictor, ahead(source.batches(batch_rows, faults)), batch_rows, faults))) as answered:
            write(file, predictor.card, empty, counter.count(answered))
        faults.raise_if_any()
    return PredictSummary(counter.rows, time.perf_counter() - start, dict(source.progress.unseen))


def _are_same(data: str | Path, out: str | Path) -> bool:
    return "-" not in (str(data), str(out)) and Path(out).exists() and Path(data).exists() and Path(data).samefile(out)


def _answer(predictor: Predictor, batches: Generator[Batch, None, None], most_rows: int, faults: Faults) -> Generator[Answered, None, None]:
    """The answers to batches, of at most `most_rows` each. After the first fault nothing is answered, but everything still read."""
    with closing(batches):
        for batch in batches:
            for start in range(0, batch.rows if not faults else 0, most_rows):
                arrays = {name: array[start : start + most_rows] for name, array in batch.arrays.items()}
                kept = batch.kept[start : start + most_rows] if batch.kept is not None else None
                yield Answered(predictor.run(arrays), kept)


class _Counter:
    """Counts answered rows on their way to the file."""

    def __init__(self, source: Source, report: Report | None):
        self.rows = 0
        self._source, self._report = source, report

    def count(self, batches: Iterator[Answered]) -> Iterator[Answered]:
        for batch in batches:
            yield batch
            self.rows += len(next(iter(batch.answers.values())))
            if self._report:
                done = self._source.progress
                self._report(self.rows, done.done / done.total if done.total else None)


@contextmanager
def _opened(out: str | Path) -> Iterator[BinaryIO]:
    """The file to write to; standard output for `-`."""
    if str(out) != "-":
        with write_atomically(out) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise MachineError(f"cannot write to standard output: {error.strerror or error}", code="cannot-write") from error
