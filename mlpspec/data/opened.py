"""The tables of a `data:` section, read and not divided yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpspec.data.fit import missing_tokens
from mlpspec.data.hashes import file_hashes
from mlpspec.data.opening import open_table
from mlpspec.data.sources.frame import open_frame
from mlpspec.data.split import PARTS
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.language.sections.data import Data


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


def _open(data: Data, path: str, tokens: tuple[str, ...], folder: Path) -> Table:
    table = open_table(folder / path, format=data.format, separator=data.separator, missing_tokens=tokens)
    refuse_empty(table)
    return table


def refuse_empty(table: Table) -> None:
    """A table must have rows.

    Raises:
        DataError: when it has none.
    """
    if not table.rows:
        message = f"`{table.name}` has 0 rows" if table.name else "the data has 0 rows"
        raise DataError(message, code="missing-data", place=table.name, help="a data file has a header and rows")
