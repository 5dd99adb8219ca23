"""From the `data:` section to encoded parts: open, split, fit on the training rows, encode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.samplers import Sampler
from mlpspec.catalog.targets.base import TargetType
from mlpspec.data.column import ColumnReader
from mlpspec.data.encode import encode
from mlpspec.data.sources.frame import open_frame
from mlpspec.data.split import PARTS, split_rows
from mlpspec.data.suspicions import suspicions
from mlpspec.data.table import Table, open_table, shown
from mlpspec.diagnostics import DataError, Diagnostic, Severity
from mlpspec.files.suffixes import Format
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.sections.data import Data, Split

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Encoded rows: `inputs` and `targets` by name, their first axis the rows; `index` are the rows' numbers in `table`."""

    rows: int
    inputs: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]
    table: Table
    index: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Everything training needs: what was learnt from the training rows, and the parts (`train`, `validation`, `test`) that have rows.

    `hashes` are the SHA-256 of the data files, by path as the spec writes it; `warnings` what looks wrong and stopped nothing; `drawn_by`
    what the sampler goes by, a number for each training row, None where it needs nothing. `fitted_on` is the number of training rows that
    preprocessing was learnt from, where those were not all.
    """

    preprocessing: Preprocessing
    parts: Mapping[str, Part]
    hashes: Mapping[str, str]
    warnings: tuple[Diagnostic, ...]
    drawn_by: np.ndarray | None = None
    fitted_on: int | None = None


@dataclass(frozen=True)
class Opened:
    """The tables that a `data:` section names, not divided yet: `whole`, or one for each part; and the hashes of their files."""

    whole: Table | None
    parts: Mapping[str, Table]
    hashes: Mapping[str, str]


def open_data(data: Data, *, folder: Path, frame: Any = None) -> Opened:
    """Read the data of a spec.

    Args:
        data: the `data:` section; its paths count from `folder`.
        frame: rows from memory instead of the section's files; see `open_frame`.

    Raises:
        DataError: with all that is wrong with the files.
        MachineError: when a file may not be read.
    """
    tokens = missing_tokens(data)
    if frame is not None:
        return Opened(open_frame(frame, missing_tokens=tokens), {}, {})
    if data.path is not None:
        return Opened(_open(data, data.path, tokens, folder), {}, file_hashes(data, [data.path], folder))
    paths = {part: path for part in PARTS if (path := getattr(data, part)) is not None}
    if "train" not in paths:
        raise DataError("the spec names no training data", code="missing-data", help="write `data: {path: FILE}`, or pass rows from memory")
    tables: dict[str, Table] = {}
    problems: list[Diagnostic] = []
    for part, path in paths.items():
        try:
            tables[part] = _open(data, path, tokens, folder)
        except DataError as error:
            problems += error.diagnostics
    if problems:
        raise DataError(problems)
    return Opened(None, tables, file_hashes(data, paths.values(), folder))


def load_dataset(
    data: Data,
    inputs: Mapping[str, InputType],
    targets: Mapping[str, TargetType],
    *,
    folder: Path,
    seed: int,
    frame: Any = None,
    opened: Opened | None = None,
    sampler: Sampler | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Dataset:
    """Read, divide and encode the data of a spec.

    Args:
        data: the `data:` section; its paths count from `folder`.
        seed: divides the rows unless the split has a seed of its own.
        frame: rows from memory instead of the section's files; see `open_frame`.
        opened: what `open_data` gave for the section, where it has been read already.
        sampler: what decides which training rows an epoch visits; it may read a column of its own.
        say: is told of what takes time; only data that is streamed does.

    Raises:
        DataError: with all that is wrong: first with the files, then with the columns, then with single rows.
        MachineError: when a file may not be read.
    """
    if data.streaming and frame is None:
        from mlpspec.data.streaming.load import load_streamed

        return load_streamed(data, inputs, targets, folder=folder, seed=seed, say=say)
    opened = opened or open_data(data, folder=folder, frame=frame)
    rows = _rows(opened, data, targets, seed)
    train, index = rows["train"]
    reserved = (*dividing_columns(data.split), *(() if sampler is None else sampler.reserved()))
    preprocessing = fit(inputs, targets, train, index, tokens=missing_tokens(data), reserved=reserved)
    warnings = list(suspicions(preprocessing, train, index))
    parts: dict[str, Part] = {}
    problems: list[Diagnostic] = []
    drawn_by = None
    try:
        drawn_by = None if sampler is None else sampler.fit(ColumnReader(train, index), targets)
    except DataError as error:
        problems += error.diagnostics
    for name, (table, index) in rows.items():
        try:
            encoded = encode(preprocessing, table, index, part=name)
        except DataError as error:
            problems += error.diagnostics
            continue
        parts[name] = Part(len(index), encoded.inputs, encoded.targets, table, index)
        warnings += encoded.warnings
    if problems:
        raise DataError(dict.fromkeys(problems))
    return Dataset(preprocessing, parts, opened.hashes, tuple(warnings), drawn_by)


def apply_dataset(
    preprocessing: Preprocessing, source: Any, *, format: Format | None = None, separator: str | None = None, targets: bool = True
) -> tuple[Part, tuple[Diagnostic, ...]]:
    """Encode other data, to evaluate a trained model on it; and warnings about it.

    Args:
        source: the path of a file, or rows in memory as `open_frame` takes them.
        targets: whether the truth is there and wanted.

    Raises:
        DataError: with all that is wrong with the data.
    """
    if isinstance(source, str | Path):
        table = open_table(source, format=format, separator=separator, missing_tokens=preprocessing.missing_tokens)
    else:
        table = open_frame(source, missing_tokens=preprocessing.missing_tokens)
    _refuse_empty(table)
    encoded = encode(preprocessing, table, targets=targets)
    part = Part(table.rows, encoded.inputs, encoded.targets, table, np.arange(table.rows))
    return part, (*_not_read(preprocessing, table), *encoded.warnings)


def fit(
    inputs: Mapping[str, InputType],
    targets: Mapping[str, TargetType],
    table: Table,
    rows: np.ndarray,
    *,
    tokens: tuple[str, ...] = ("",),
    reserved: tuple[str, ...] = (),
) -> Preprocessing:
    """What the training rows teach about inputs and targets. Patterns of input columns pass over the targets' columns and `reserved`.

    Raises:
        DataError: with all that is wrong with the columns.
    """
    problems: list[Diagnostic] = []

    def learn(fit_one: Callable[[str, ColumnReader], T], name: str, taken: set[str]) -> T | None:
        try:
            return fit_one(name, ColumnReader(table, rows, reserved=taken))
        except DataError as error:
            problems.extend(error.diagnostics)
            return None

    fitted_targets = {name: learn(target.fit, name, set(reserved)) for name, target in targets.items()}
    taken = set(reserved)
    for name, target in targets.items():
        fitted = fitted_targets[name]
        taken.update(target.columns_read(name) if fitted is None else fitted.columns)
    fitted_inputs = {name: learn(input_type.fit, name, taken) for name, input_type in inputs.items()}
    if problems:
        raise DataError(dict.fromkeys(problems))
    return Preprocessing(
        {name: item for name, item in fitted_inputs.items() if item is not None},
        {name: item for name, item in fitted_targets.items() if item is not None},
        tokens,
    )


def dividing_columns(split: Split) -> tuple[str, ...]:
    """The columns that say how rows are divided; patterns of input columns pass over them."""
    return tuple(column for column in (split.column, split.group, split.time) if column is not None)


def missing_tokens(data: Data) -> tuple[str, ...]:
    """The texts that mean a missing value: the empty text, and what the section declares."""
    return tuple(dict.fromkeys(("", *data.missing)))


def _rows(opened: Opened, data: Data, targets: Mapping[str, TargetType], seed: int) -> dict[str, tuple[Table, np.ndarray]]:
    """For each part its table and its rows in it."""
    if opened.whole is None:
        return {part: (table, np.arange(table.rows)) for part, table in opened.parts.items()}
    table = opened.whole
    _refuse_empty(table)
    stratify = data.split.stratify
    if stratify is not None and stratify in targets:
        [stratify, *_] = targets[stratify].columns_read(stratify)
    return {part: (table, rows) for part, rows in split_rows(table, data.split, seed=seed, stratify=stratify).items()}


def _open(data: Data, path: str, tokens: tuple[str, ...], folder: Path) -> Table:
    table = open_table(folder / path, format=data.format, separator=data.separator, missing_tokens=tokens)
    _refuse_empty(table)
    return table


def _refuse_empty(table: Table) -> None:
    if not table.rows:
        message = f"`{table.name}` has 0 rows" if table.name else "the data has 0 rows"
        raise DataError(message, code="missing-data", place=table.name, help="a data file has a header and rows")


def file_hashes(data: Data, paths: Iterable[str], folder: Path, digest: Callable[[Path], str] | None = None) -> dict[str, str]:
    """The SHA-256 of the files that paths of a spec mean, each by its path; a folder means all files in it.

    Args:
        digest: gives the SHA-256 of a file; by default it is read.
    """
    return {name: (digest or sha256)(path) for written in paths for name, path in files_of(data, written, folder).items()}


def files_of(data: Data, written: str, folder: Path) -> dict[str, Path]:
    """The files that a path of a spec means, in their order, by their own paths as the spec would write them."""
    path = folder / written
    if not path.is_dir():
        return {written: path}
    from mlpspec.data.sources.folder import data_files

    return {f"{written.rstrip('/')}/{file.name}": file for file in data_files(path, shown(path), data.format)}


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_read(preprocessing: Preprocessing, table: Table) -> list[Diagnostic]:
    """A note on columns that the model does not know."""
    known = {column for item in (*preprocessing.inputs.values(), *preprocessing.targets.values()) for column in item.columns}
    extra = [column for column in table.columns if column not in known]
    if not extra:
        return []
    shown = ", ".join(f"`{column}`" for column in extra[:5]) + (", ..." if len(extra) > 5 else "")
    message = f"{len(extra)} column{'s are' if len(extra) > 1 else ' is'} not read: {shown}"
    return [Diagnostic("ignored", message, Severity.NOTE, place=table.name)]
