"""Which rows are for training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from mlpspec.data.column import ColumnReader
from mlpspec.data.division import ByClass, ByGroup, ByTime, Division
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, did_you_mean
from mlpspec.instants import NO_TIME
from mlpspec.language.sections.data import Split

PARTS = ("train", "validation", "test")


def split_rows(table: Table, split: Split, *, seed: int, stratify: str | None = None) -> dict[str, np.ndarray]:
    """The rows of each part that has any: sorted row numbers, (rows,) int64. The same arguments give the same rows.

    Parts get their shares of the rows to the nearest row (largest remainder); with `split.stratify` also of the rows of each class. With
    `split.group` the rows of a group stay together and shares are met as nearly as the groups allow; with `split.time` parts follow each
    other in time. With `split.folds` the rows that fold number `split.fold` (the first by default) holds out are the test part, and the
    rows to learn from are divided into training and validation rows in the proportion of their shares, by the same rule.

    Args:
        seed: start of the random numbers unless `split.seed` says otherwise.
        stratify: the column of classes, where `split.stratify` names a target of another name.

    Raises:
        DataError: when a part that is asked for gets no rows, a class has a single row, there are fewer rows or groups than folds, or the
            column of parts, groups or times holds something else.

    Source: NumPy's PCG64 shuffles the rows.
    """
    if split.column is not None:
        parts = rows_by_column(table, split.column)
    else:
        division = _division(table, split, stratify or split.stratify, split.seed if split.seed is not None else seed)
        parts = _by_shares(table, split, division) if split.folds is None else _by_fold(table, split, split.folds, division)
    if "train" not in parts:
        raise _bad_split(table, "no rows are left to train on", "give `train` a larger share")
    return parts


def rows_by_column(table: Table, column: str) -> dict[str, np.ndarray]:
    """The rows of each part that a column of the parts' names gives any, (rows,) int64.

    Raises:
        DataError: when it says something else.
    """
    words = _classes(table, column)
    other = [word for word in np.unique(words) if word not in PARTS]
    if other:
        row = int(np.flatnonzero(words == other[0])[0])
        said = f"`{other[0]}`" if other[0] else "nothing"
        message = f"column `{column}` says {said} where `train`, `validation` or `test` is meant"
        raise DataError(Diagnostic("bad-split", message, place=table.place(row), help=did_you_mean(other[0], PARTS)))
    found = {part: np.flatnonzero(words == part) for part in PARTS}
    return {part: rows for part, rows in found.items() if len(rows)}


def _by_shares(table: Table, split: Split, division: Division) -> dict[str, np.ndarray]:
    shares = {part: Fraction(repr(getattr(split, part))) for part in PARTS}
    total = sum(shares.values())
    if total > 1:
        raise _bad_split(table, f"the parts of `split` sum to {float(total):g}, more than all rows", "make them at most 1 together")
    return _parts(table, division, shares)


def _by_fold(table: Table, split: Split, folds: int, division: Division) -> dict[str, np.ndarray]:
    needed = folds + 1 if split.time is not None else folds
    if division.count < needed:
        rows = f"`{split.group}` has" if split.group is not None else "the data has"
        message = f"{folds} folds need at least {needed} {division.unit}, {rows} {division.count}"
        raise _bad_split(table, message, "write fewer `folds`, or bring more rows")
    rest, held = division.folds(folds)[(split.fold or 1) - 1]
    shares = {part: Fraction(repr(getattr(split, part))) for part in ("train", "validation")}
    total = sum(shares.values())
    if not shares["train"]:
        return {}
    return {**_parts(table, rest, {part: share / total for part, share in shares.items()}), "test": np.sort(held)}


def _parts(table: Table, division: Division, shares: Mapping[str, Fraction]) -> dict[str, np.ndarray]:
    """The parts by their shares; what is missing to 1 are rows of no part."""
    pieces = division.parts([*shares.values(), Fraction(1) - sum(shares.values())])
    parts = {part: np.sort(rows) for part, rows in zip(shares, pieces[:-1], strict=True)}
    for part, share in shares.items():
        if share and not len(parts[part]):
            unit = division.unit if division.count != 1 else division.unit.removesuffix("s")
            message = f"the {part} part is empty: {float(share):.3g} of {division.count} {unit}"
            raise _bad_split(table, message, f"bring more {division.unit}, or other shares; 0 means that a part is not wanted")
    return {part: rows for part, rows in parts.items() if len(rows)}


def _division(table: Table, split: Split, stratify: str | None, seed: int) -> Division:
    if split.time is not None:
        return ByTime(np.argsort(_instants(table, split.time), kind="stable"))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(table.rows)
    classes = np.zeros(table.rows, np.int64) if stratify is None else _class_numbers(table, stratify, single=split.group is not None)
    if split.group is None:
        return ByClass(_pieces(order, classes))
    words = group_words(table, split.group)
    _, first, numbers = np.unique(words[order], return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))  # groups in the order of the shuffled rows, so that those of one size are shuffled too
    group = np.empty(table.rows, np.int64)
    group[order] = rank[numbers]
    sizes = np.zeros((len(first), int(classes.max()) + 1), np.int64)
    np.add.at(sizes, (group, classes), 1)
    return ByGroup(_pieces(order, group), sizes)


def group_words(table: Table, column: str) -> np.ndarray:
    """The name of each row's group, (rows,) texts.

    Raises:
        DataError: when some rows have none.
    """
    words = _classes(table, column)
    if (empty := np.flatnonzero(words == "")).size:
        message = f"column `{column}` is empty in {len(empty)} row{'s' if len(empty) > 1 else ''}: of which group?"
        raise DataError(Diagnostic("bad-split", message, place=table.place(int(empty[0])), help="fill them in, or leave the rows out"))
    return words


def _pieces(order: np.ndarray, numbers: np.ndarray) -> list[np.ndarray]:
    """The rows of each number (of a class or group), in their order."""
    shuffled = numbers[order]
    return np.split(order[np.argsort(shuffled, kind="stable")], np.cumsum(np.bincount(shuffled))[:-1])


def _class_numbers(table: Table, column: str, *, single: bool) -> np.ndarray:
    """The class of each row, (rows,) int64; `single` says whether a class may have one row only."""
    classes, numbers, counts = np.unique(_classes(table, column), return_inverse=True, return_counts=True)
    alone = [] if single else [str(name) for name in classes[counts == 1]]
    if alone:
        shown = ", ".join(f"`{name}`" for name in alone[:3]) + (", ..." if len(alone) > 3 else "")
        message = f"`stratify: {column}` cannot divide classes with a single row: {shown}"
        raise _bad_split(table, message, "bring more rows of these classes, merge them, or leave `stratify` out")
    return numbers.astype(np.int64)


def _classes(table: Table, column: str) -> np.ndarray:
    """A column's cells as texts (rows,), for comparison."""
    reader = ColumnReader(table)
    columns = reader.expand((column,), globs=False)
    values, _ = reader.categories(columns, text=True)
    reader.raise_problems()
    return values[:, 0].astype("U")


def _instants(table: Table, column: str) -> np.ndarray:
    """A column of times, or of numbers that rise with time: (rows,), for sorting."""
    reader = ColumnReader(table)
    reader.expand((column,), globs=False)
    reader.raise_problems()
    cells = table.column(column)
    if cells.kind in ("integer", "number") or (cells.kind == "text" and not len(cells.numbers().bad)):
        values = cells.numbers().values
        empty = np.flatnonzero(np.isnan(values))
    else:
        values = reader.seconds((column,))[:, 0]
        empty = np.flatnonzero(values == NO_TIME)
        reader.raise_problems()
    if len(empty):
        message = f"column `{column}` is empty in {len(empty)} row{'s' if len(empty) > 1 else ''}: at which time?"
        raise DataError(Diagnostic("bad-split", message, place=table.place(int(empty[0])), help="fill them in, or leave the rows out"))
    return values


def _bad_split(table: Table, message: str, help: str) -> DataError:
    return DataError(message, code="bad-split", place=table.name, help=help)
