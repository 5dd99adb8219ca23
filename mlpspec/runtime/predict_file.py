"""From a file of rows to a file of answers, batch by batch: reading, calculating and writing overlap, and memory does not grow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, get_args

from mlpspec.ahead import Ahead
from mlpspec.atomic import write_together
from mlpspec.diagnostics import DataError, Diagnostic, MachineError, Severity, UsageError
from mlpspec.diagnostics.faults import Faults
from mlpspec.runtime.answers import Answered
from mlpspec.runtime.bad_rows import BadRowsFile, OnError
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.sinks import SINKS
from mlpspec.runtime.sources import Batch, Keep, Noting, Source, open_source

Report = Callable[[int, float | None], None]
"""Is told how many rows are done, and which part of the work, from 0 to 1; None when that is not known."""

_TEXT_SUFFIXES = (".csv", ".txt", ".tsv", "")


@dataclass(frozen=True)
class PredictSummary:
    """What was done.

    Attributes:
        rows: rows read, bad ones included.
        seconds: how long it took.
        unseen: by column, how many cells held a category that the training rows did not have; those of bad rows are not counted.
        bad_rows: rows that were left out, or got empty answers.
        warnings: what was wrong with them.
        reasons: how many cells or rows were bad, by reason.
        errors: the file that lists them; None where none was written.
        ignored: columns of the data that were neither read nor kept.
    """

    rows: int
    seconds: float
    unseen: Mapping[str, int]
    bad_rows: int = 0
    warnings: tuple[Diagnostic, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    errors: str | None = None
    ignored: tuple[str, ...] = ()


def predict_file(
    predictor: Predictor,
    data: str | Path,
    out: str | Path,
    *,
    batch_rows: int = 65_536,
    keep: Keep = False,
    columns: Sequence[str] | None = None,
    on_error: OnError = "stop",
    errors: str | Path | None = None,
    separator: str | None = None,
    progress: Report | None = None,
) -> PredictSummary:
    """Answer every row of a file, in order.

    Args:
        predictor: the model.
        data: a CSV, TSV, Parquet, Arrow or NPZ file, known by its suffix; `-` is CSV from standard input.
        out: a CSV, TSV, Parquet or NPZ file, whole or not there; `-` is CSV to standard output, which is not held back until the end.
            Its columns are `<target>`, or `<target>_<column>` for each of several numbers, and `<target>_probability_<class>`.
        batch_rows: rows answered at once. More need more memory.
        keep: put columns of the data, as they are, before the answers: all, or those of these names and patterns such as `flipper_*`.
        columns: the columns of answers that are wanted, in this order: names, patterns, or an output (`species_probability`) for all its
            columns; all by default.
        on_error: what becomes of rows that the model cannot take: `stop` lists what is wrong and writes nothing; `skip` leaves them out;
            `null` gives them empty answers, so that there is a row for each row of the data. What is wrong with the whole file (a missing
            column, a column of another type) always stops.
        errors: a CSV file that lists bad rows with number, column, cell and reason, put in place together with `out`. For `skip` and `null`
            the default is `out` with the suffix `.errors.csv`; none for standard output.
        separator: what stands between the cells of a CSV file; a comma by default, a tab in `.tsv`.
        progress: called after each batch.

    Raises:
        DataError: listing what is wrong, in all rows, with lines.
        ModelFileError: when the model fails on sound rows.
        UsageError: when a suffix is unknown, the answers would replace the data, columns do not exist, or arguments contradict each other.
        MachineError: when the data cannot be read or the answers cannot be written.
        BrokenPipeError: when the reader of standard output has gone.
    """
    start = time.perf_counter()
    if on_error not in get_args(OnError):
        raise UsageError(f"`on_error` is {on_error!r}", help=f"known: {', '.join(get_args(OnError))}")
    sink = SINKS.get(".csv" if str(out) == "-" else Path(out).suffix.lower())
    if sink is None:
        raise UsageError(f"the suffix of {out} does not tell how to write answers", help=f"known: {', '.join(SINKS)}")
    listed = errors_path(out, on_error, errors)
    _refuse_same_files(data, out, listed)
    faults = Faults()
    noting = Noting(faults, faults if on_error == "stop" else Faults())
    with closing(open_source(data, predictor.card, keep=keep, separator=separator)) as source:
        form = sink.form(predictor.card, Answered(predictor.no_answers(), source.empty()), columns, may_be_empty=on_error == "null")
        with _opened(out, listed) as (file, list_file):
            work = _Work(predictor, on_error, BadRowsFile(list_file, source.counted) if list_file else None, faults)
            # three threads, none of them this one: a signal is noticed while polars or ONNX Runtime is at work
            with (
                Ahead(source.batches(batch_rows, noting), patience=1.0) as batches,
                Ahead(work.answer(batches, max(1, batch_rows // predictor.card.samples))) as answered,  # as many times the memory a row
                Ahead(_written(lambda: sink.write(file, form, work.count(answered, source, progress)))) as written,
                closing(answered),  # before `written`, which then has no more to wait for; and before it
                closing(batches),
            ):
                for _ in written:
                    pass
    return PredictSummary(
        rows=work.rows,
        seconds=time.perf_counter() - start,
        unseen=dict(source.progress.unseen),
        bad_rows=work.bad_rows,
        warnings=tuple(noting.rows.diagnostics(Severity.WARNING)),
        reasons=noting.rows.reasons(),
        errors=listed,
        ignored=source.ignored,
    )


def errors_path(out: str | Path, on_error: OnError, errors: str | Path | None) -> str | None:
    """The file that lists bad rows; None when there is none.

    >>> errors_path("answers.parquet", "skip", None)
    'answers.errors.csv'

    Raises:
        UsageError: when bad rows stop everything, so that none are listed, or the suffix is not one of CSV.
    """
    if errors is None:
        is_file = str(out) != "-" and (Path(out).is_file() or not Path(out).exists())
        return str(Path(out).with_suffix(".errors.csv")) if is_file and on_error != "stop" else None
    if on_error == "stop":
        raise UsageError("a list of bad rows was asked for, and bad rows stop everything", help="pass --on-error skip or --on-error null")
    if str(errors) == "-" or Path(errors).suffix.lower() not in _TEXT_SUFFIXES:
        raise UsageError(f"bad rows cannot be listed in {errors}", help="name a .csv file")
    return str(errors)


def _refuse_same_files(data: str | Path, out: str | Path, errors: str | None) -> None:
    if _are_same(data, out):
        raise UsageError(f"the answers would replace the data in {data}", help="name another file with -o")
    if errors is not None and (_are_same(data, errors) or _are_same(out, errors) or Path(out).absolute() == Path(errors).absolute()):
        raise UsageError(f"the list of bad rows would replace the data or the answers in {errors}", help="name another file with --errors")


def _are_same(one: str | Path, other: str | Path) -> bool:
    return "-" not in (str(one), str(other)) and Path(one).exists() and Path(other).exists() and Path(one).samefile(other)


class _Work:
    """Answers batches and counts rows on their way from the data to the answers."""

    def __init__(self, predictor: Predictor, on_error: OnError, errors: BadRowsFile | None, faults: Faults):
        self.rows = self.bad_rows = 0
        self._predictor, self._on_error, self._errors, self._faults = predictor, on_error, errors, faults

    def answer(self, batches: Iterable[Batch], most_rows: int) -> Generator[Answered, None, None]:
        """The answers to batches, at most `most_rows` at once. After a fault nothing more is answered, but everything still read."""
        try:
            for batch in batches:
                for start in range(0, batch.rows if not self._faults else 0, most_rows):
                    part = batch.part(start, min(start + most_rows, batch.rows))
                    self.rows += part.rows
                    yield self._answer_bad(part) if part.bad.any else Answered(self._predictor.run(part.arrays), part.kept)
        except DataError as error:
            raise DataError([*self._faults.diagnostics(), *error.diagnostics]) from error
        self._faults.raise_if_any()

    def _answer_bad(self, part: Batch) -> Answered:
        """The answers to rows of which some may be bad."""
        mask = part.bad.within(part.start, part.start + part.rows)
        self.bad_rows += int(mask.sum())
        if self._errors:
            self._errors.add(part.bad, part.start, part.start + part.rows, part.number)
        if self._on_error == "null":
            return Answered(self._predictor.run(part.arrays), part.kept, mask)
        arrays = {name: array[~mask] for name, array in part.arrays.items()}
        answers = self._predictor.no_answers() if mask.all() else self._predictor.run(arrays)
        return Answered(answers, part.kept.filter(~mask) if part.kept is not None else None)

    def count(self, answered: Iterable[Answered], source: Source, report: Report | None) -> Iterator[Answered]:
        """The same answers; `report` is told after each."""
        rows = 0
        for item in answered:
            yield item
            rows += item.rows
            if report:
                done = source.progress
                report(rows, done.done / done.total if done.total else None)


def _written(write: Callable[[], None]) -> Generator[None, None, None]:
    """A generator of nothing, which writes."""
    write()
    yield from ()


@contextmanager
def _opened(out: str | Path, errors: str | None) -> Iterator[tuple[BinaryIO, BinaryIO | None]]:
    """The file of answers, standard output for `-`, and that of bad rows, if any."""
    lists = [errors] if errors else []
    if str(out) != "-":
        with write_together(*lists, out) as files:
            yield files[-1], files[0] if errors else None
        return
    with ExitStack() as stack:
        files = stack.enter_context(write_together(*lists)) if lists else ()
        try:
            yield sys.stdout.buffer, files[0] if files else None
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise MachineError(f"cannot write to standard output: {error.strerror or error}", code="cannot-write") from error
