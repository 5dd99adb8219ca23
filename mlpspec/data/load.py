"""From the `data:` section to encoded parts: open, split, fit on the training rows, encode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.samplers import Sampler
from mlpspec.catalog.targets.base import TargetType
from mlpspec.data.column import ColumnReader
from mlpspec.data.dataset import Dataset, Part
from mlpspec.data.encode import encode
from mlpspec.data.fit import dividing_columns, fit, missing_tokens
from mlpspec.data.opened import Opened, open_data, refuse_empty
from mlpspec.data.opening import open_table
from mlpspec.data.sources.frame import open_frame
from mlpspec.data.split import split_rows
from mlpspec.data.suspicions import suspicions
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, Severity
from mlpspec.files.suffixes import Format
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.document import Document
from mlpspec.language.sections.data import Data


def load_data_of(
    document: Document,
    *,
    frame: Any = None,
    opened: Opened | None = None,
    say: Callable[[str], None] = lambda text: None,
    check: Callable[[Mapping[str, str]], None] = lambda hashes: None,
) -> Dataset:
    """`load_dataset` for the data of a checked spec, as it trains with it."""
    spec = document.spec
    return load_dataset(
        spec.data,
        spec.inputs,
        spec.targets,
        folder=document.folder,
        seed=spec.seed,
        frame=frame,
        opened=opened,
        sampler=spec.training.sampler,
        say=say,
        check=check,
    )


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
    check: Callable[[Mapping[str, str]], None] = lambda hashes: None,
) -> Dataset:
    """Read, divide and encode the data of a spec.

    Args:
        data: the `data:` section; its paths count from `folder`.
        seed: divides the rows unless the split has a seed of its own.
        frame: rows from memory instead of the section's files; see `open_frame`.
        opened: what `open_data` gave for the section, where it has been read already.
        sampler: what decides which training rows an epoch visits; it may read a column of its own.
        say: is told of what takes time; only data that is streamed does.
        check: looks at the hashes of the files before anything is encoded, and may refuse them.

    Raises:
        DataError: with all that is wrong: first with the files, then with the columns, then with single rows.
        MachineError: when a file may not be read.
    """
    if data.streaming and frame is None:
        from mlpspec.data.streaming.load import load_streamed
        from mlpspec.data.streaming.recipe import Recipe

        return load_streamed(Recipe(data, inputs, targets, seed), folder, say, check)
    opened = opened or open_data(data, folder=folder, frame=frame)
    check(opened.hashes)
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
    refuse_empty(table)
    encoded = encode(preprocessing, table, targets=targets)
    part = Part(table.rows, encoded.inputs, encoded.targets, table, np.arange(table.rows))
    return part, (*_not_read(preprocessing, table), *encoded.warnings)


def _rows(opened: Opened, data: Data, targets: Mapping[str, TargetType], seed: int) -> dict[str, tuple[Table, np.ndarray]]:
    """For each part its table and its rows in it."""
    if opened.whole is None:
        return {part: (table, np.arange(table.rows)) for part, table in opened.parts.items()}
    table = opened.whole
    refuse_empty(table)
    stratify = data.split.stratify
    if stratify is not None and stratify in targets:
        [stratify, *_] = targets[stratify].columns_read(stratify)
    return {part: (table, rows) for part, rows in split_rows(table, data.split, seed=seed, stratify=stratify).items()}


def _not_read(preprocessing: Preprocessing, table: Table) -> list[Diagnostic]:
    """A note on columns that the model does not know."""
    known = {column for item in (*preprocessing.inputs.values(), *preprocessing.targets.values()) for column in item.columns}
    extra = [column for column in table.columns if column not in known]
    if not extra:
        return []
    shown = ", ".join(f"`{column}`" for column in extra[:5]) + (", ..." if len(extra) > 5 else "")
    message = f"{len(extra)} column{'s are' if len(extra) > 1 else ' is'} not read: {shown}"
    return [Diagnostic("ignored", message, Severity.NOTE, place=table.name)]
