"""From the `data:` section to parts in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from mlpspec.data.dataset import Dataset
from mlpspec.data.fit import missing_tokens
from mlpspec.data.hashes import files_of
from mlpspec.data.opening import check_file, shown
from mlpspec.data.split import PARTS
from mlpspec.data.streaming.blocks import Source
from mlpspec.data.streaming.cache import cached, digests
from mlpspec.data.streaming.convert import Conversion, read_converted
from mlpspec.data.streaming.part import StoredPart
from mlpspec.data.streaming.recipe import Recipe
from mlpspec.data.streaming.stored import StoredRows
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, Severity


def load_streamed(
    recipe: Recipe,
    folder: Path,
    say: Callable[[str], None] = lambda text: None,
    check: Callable[[Mapping[str, str]], None] = lambda hashes: None,
) -> Dataset:
    """`load_dataset` for data that may be larger than memory: encoded once, block by block, and kept in the cache folder.

    Args:
        recipe: how rows are read.
        folder: the spec's, from which its paths count.
        say: is told of what takes time.
        check: looks at the hashes of the files before anything is encoded, and may refuse them.

    Raises:
        DataError: with what is wrong with the files, then with the columns, then with single rows.
        MachineError: when a file may not be read, or the cache folder not written.
    """
    data = recipe.data
    written = {"": data.path} if data.path is not None else {part: path for part in PARTS if (path := getattr(data, part)) is not None}
    files = {part: files_of(data, path, folder) for part, path in written.items()}
    _refuse_missing([path for found in files.values() for path in found.values()])
    hashes = digests({name: path for found in files.values() for name, path in found.items()})
    check(hashes)
    sources = {
        part: Source(
            shown(folder / path), list(files[part].values()), format=data.format, separator=data.separator, tokens=missing_tokens(data)
        )
        for part, path in written.items()
    }
    conversion = Conversion(recipe, sources, say=say)

    def make(new: Path) -> None:
        say(f"encoding the data into {new.parent}")
        conversion.run(new)

    entry = cached(recipe.key(hashes), lambda path: read_converted(path) is not None, make, say)
    found = read_converted(entry)
    if found is None:
        raise DataError(f"the encoded data in {entry} was changed while it was opened", help="try again")
    parts = {name: _part(stored, found.heads[name]) for name, stored in found.parts.items()}
    rows = parts["train"].rows
    notes = (*found.warnings, *([_note(found.fitted_on, rows)] if found.fitted_on < rows else []))
    return Dataset(found.preprocessing, parts, hashes, notes, fitted_on=found.fitted_on)


def _note(fitted_on: int, rows: int) -> Diagnostic:
    message = f"means, deviations, quantiles and counts are those of {fitted_on:,} of the {rows:,} training rows"
    help = "least and greatest numbers, categories and labels are those of all of them"
    return Diagnostic("sampled", message, Severity.NOTE, help=help)


def _part(stored: StoredRows, head: Table) -> StoredPart:
    inputs = {name: array.mapped() for name, array in stored.inputs.items()}
    targets = {name: array.mapped() for name, array in stored.targets.items()}
    return StoredPart(stored.rows, inputs, targets, head, np.arange(head.rows), stored)


def _refuse_missing(paths: list[Path]) -> None:
    problems: list[Diagnostic] = []
    for path in paths:
        try:
            check_file(path, shown(path))
        except DataError as error:
            problems += error.diagnostics
    if problems:
        raise DataError(problems)
