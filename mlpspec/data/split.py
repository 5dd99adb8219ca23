"""Which rows are for training, validation and test."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mlpspec.data.column import ColumnReader
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, did_you_mean
from mlpspec.language.sections.data import Split

PARTS = ("train", "validation", "test")


def split_rows(table: Table, split: Split, *, seed: int, stratify: str | None = None) -> dict[str, np.ndarray]:
    """The rows of each part that has any: sorted row numbers, (rows,) int64. The same arguments give the same rows.

    Parts get their shares of the rows to the nearest row (largest remainder); with `split.stratify` also of the rows of each class.

    Args:
        seed: start of the random numbers unless `split.seed` says otherwise.
        stratify: the column of classes, where `split.stratify` names a target of another name.

    Raises:
        DataError: when a part that is asked for gets no rows, a class has a single row, or the column of parts holds other words.

    Source: NumPy's PCG64 shuffles the rows.
    """
    if split.column is not None:
        parts = _by_column(table, split.column)
    else:
        parts = _by_shares(table, split, stratify or split.stratify, split.seed if split.seed is not None else seed)
    if "train" not in parts:
        raise _bad_split(table, "no rows are left to train on", "give `train` a larger share")
    return parts


def _by_column(table: Table, column: str) -> dict[str, np.ndarray]:
    words = _classes(table, column)
    other = [word for word in np.unique(words) if word not in PARTS]
    if other:
        row = int(np.flatnonzero(words == other[0])[0])
        said = f"`{other[0]}`" if other[0] else "nothing"
        message = f"column `{column}` says {said} where `train`, `validation` or `test` is meant"
        raise DataError(Diagnostic("bad-split", message, place=table.place(row), help=did_you_mean(other[0], PARTS)))
    found = {part: np.flatnonzero(words == part) for part in PARTS}
    return {part: rows for part, rows in found.items() if len(rows)}


def _by_shares(table: Table, split: Split, stratify: str | None, seed: int) -> dict[str, np.ndarray]:
    shares = [Fraction(repr(share)) for share in (split.train, split.validation, split.test)]
    if sum(shares) > 1:
        raise _bad_split(table, f"the parts of `split` sum to {float(sum(shares)):g}, more than all rows", "make them at most 1 together")
    shares.append(Fraction(1) - sum(shares))  # the rows of no part
    order = np.random.Generator(np.random.PCG64(seed)).permutation(table.rows)
    groups = [order] if stratify is None else _groups(table, stratify, order)
    pieces: list[list[np.ndarray]] = [[] for _ in shares]
    for rows, counts in zip(groups, allot([len(rows) for rows in groups], shares), strict=True):
        for piece, taken in zip(pieces, np.split(rows, np.cumsum(counts)[:-1]), strict=True):
            piece.append(taken)
    parts = {part: np.sort(np.concatenate(piece)) for part, piece in zip(PARTS, pieces[:3], strict=True)}
    for part, share in zip(PARTS, shares[:3], strict=True):
        if share and not len(parts[part]):
            message = f"the {part} part is empty: {float(share):g} of {table.rows} row{'s' if table.rows != 1 else ''}"
            raise _bad_split(table, message, "bring more rows, or other shares; 0 means that a part is not wanted")
    return {part: rows for part, rows in parts.items() if len(rows)}


def allot(sizes: list[int], shares: list[Fraction]) -> list[list[int]]:
    """How many rows of each group go to each part; `shares` sum to 1, groups have `sizes` rows.

    Each group is divided by its shares, rounded down; the rows left over go to the parts that are furthest behind their shares of all
    groups so far. The first row left over goes to the first part (training) when that has none of the group.

    >>> allot([10], [Fraction(7, 10), Fraction(3, 20), Fraction(3, 20)])
    [[7, 2, 1]]
    """
    behind = [Fraction(0)] * len(shares)
    allotted: list[list[int]] = []
    for size in sizes:
        counts = [int(share * size) for share in shares]
        remainders = [share * size - count for share, count in zip(shares, counts, strict=True)]
        behind = [owed + remainder for owed, remainder in zip(behind, remainders, strict=True)]
        left = size - sum(counts)
        ranked = [0] if shares[0] and not counts[0] else []
        eligible = [part for part, remainder in enumerate(remainders) if remainder and part not in ranked]
        ranked += sorted(eligible, key=lambda part: -behind[part])
        for part in ranked[:left]:
            counts[part] += 1
            behind[part] -= 1
        allotted.append(counts)
    return allotted


def _groups(table: Table, column: str, order: np.ndarray) -> list[np.ndarray]:
    """The shuffled rows of each class."""
    words = _classes(table, column)
    classes, codes = np.unique(words, return_inverse=True)
    counts = np.bincount(codes, minlength=len(classes))
    single = [str(name) for name, count in zip(classes, counts, strict=True) if count == 1]
    if single:
        shown = ", ".join(f"`{name}`" for name in single[:3]) + (", ..." if len(single) > 3 else "")
        message = f"`stratify: {column}` cannot divide classes with a single row: {shown}"
        raise _bad_split(table, message, "bring more rows of these classes, merge them, or leave `stratify` out")
    shuffled = codes[order]
    by_class = order[np.argsort(shuffled, kind="stable")]
    return np.split(by_class, np.cumsum(counts)[:-1])


def _classes(table: Table, column: str) -> np.ndarray:
    """A column's cells as texts (rows,), for comparison."""
    reader = ColumnReader(table)
    columns = reader.expand((column,), globs=False)
    values, _ = reader.categories(columns, text=True)
    reader.raise_problems()
    return values[:, 0].astype("U")


def _bad_split(table: Table, message: str, help: str) -> DataError:
    return DataError(message, code="bad-split", place=table.name, help=help)
