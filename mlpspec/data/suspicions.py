"""What looks wrong with data that can be used: constant and empty columns, identifiers, a target among the features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlpspec.data.cells import MISSING_WORDS
from mlpspec.data.column import ColumnReader
from mlpspec.data.table import Table
from mlpspec.diagnostics import Diagnostic, Severity
from mlpspec.instants import NO_TIME
from mlpspec.ir.fitted import FittedInput, Preprocessing

EXACT = 2**24
"""Up to here float32 holds every whole number."""

FEW_ROWS = 10
"""Below so many rows, different texts in all of them mean nothing."""

GLANCE = 20
"""How many rows are compared before whole columns are."""

MANY_CATEGORIES = 1000
"""More one-hot positions than this are seldom meant."""


def suspicions(preprocessing: Preprocessing, table: Table, rows: np.ndarray) -> Iterator[Diagnostic]:
    """Warnings about the columns that a model reads, judged by its training rows."""
    reader = ColumnReader(table, rows)
    for item in preprocessing.inputs.values():
        for column in item.columns if item.shape is None else ():
            yield from _leak(preprocessing, reader, item, column)
            if item.type == "float32":
                yield from _numbers(reader, column)
            elif item.type == "seconds":
                yield from _times(reader, column)
            else:
                yield from _categories(reader, item, column)
    for target in preprocessing.targets.values():
        for column in target.columns if target.type == "float32" else ():
            yield from _numbers(reader, column)


def _warning(reader: ColumnReader, message: str, help: str, row: int | None = None) -> Diagnostic:
    place = reader.table.name if row is None else reader.table.place(row)
    return Diagnostic("suspicious-data", message, Severity.WARNING, place=place, help=help)


def _leak(preprocessing: Preprocessing, reader: ColumnReader, item: FittedInput, column: str) -> Iterator[Diagnostic]:
    for target in preprocessing.targets.values():
        for answer in target.columns:
            if column == answer:
                message = f"the input `{item.name}` reads `{column}`, which is the target `{target.name}` itself"
                yield _warning(reader, message, "a model that is told the answer learns nothing else; leave the column out of the inputs")
            elif _same(reader, column, answer):
                message = f"the columns `{column}` and `{answer}`, the target `{target.name}`, are the same in all training rows"
                yield _warning(reader, message, "a model that is told the answer learns nothing else; leave the column out of the inputs")


def _same(reader: ColumnReader, one: str, other: str) -> bool:
    """Whether two columns hold the same; the first rows decide most cases."""
    columns = [reader.table.column(name) for name in (one, other)]
    kinds = {column.kind for column in columns}
    rows = reader.rows[:GLANCE] if reader.rows is not None else range(min(GLANCE, reader.table.rows))
    if len(kinds) != 1 or any(len({column.show(int(row)) for column in columns}) > 1 for row in rows):
        return False
    if kinds <= {"integer", "number", "boolean"}:
        first, second = reader.numbers((one,)), reader.numbers((other,))
        return bool(np.array_equal(first, second, equal_nan=True))
    if kinds == {"time"}:
        first, second = reader.seconds((one,)), reader.seconds((other,))
        return bool((first == second).all())
    first, second = (reader.categories((name,), text=True)[0] for name in (one, other))
    return bool((first == second).all())


def _numbers(reader: ColumnReader, column: str) -> Iterator[Diagnostic]:
    values = reader.numbers((column,))[:, 0]
    values = values[~np.isnan(values)]
    if not len(values):
        yield _warning(reader, f"column `{column}` has no values in the training rows", "it tells the model nothing; leave it out")
        return
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        message = f"column `{column}` is {lowest:g} in all training rows"
        yield _warning(reader, message, "it tells the model nothing; leave it out")
    elif max(-lowest, highest) > EXACT and (values == np.rint(values)).all():
        changed = values.astype(np.float32) != values
        if changed.any():
            message = f"column `{column}` loses digits: float32 holds whole numbers up to {EXACT} exactly, here is {highest:.0f}"
            yield _warning(reader, message, "an identifier is no number: leave it out, or read it with `category`")


def _times(reader: ColumnReader, column: str) -> Iterator[Diagnostic]:
    values = reader.seconds((column,))
    values = values[values != NO_TIME]
    if not len(values):
        yield _warning(reader, f"column `{column}` has no values in the training rows", "it tells the model nothing; leave it out")
    elif values.min() == values.max():
        message = f"column `{column}` has one time only in the training rows"
        yield _warning(reader, message, "it tells the model nothing; leave it out")


def _categories(reader: ColumnReader, item: FittedInput, column: str) -> Iterator[Diagnostic]:
    values = reader.categories((column,), text=item.type == "string")[0][:, 0].tolist()
    different = set(values)
    present = different - {""}
    if len(present) <= 1:
        said = f"is `{next(iter(present))}` in all training rows" if different == present else "has at most one value in the training rows"
        yield _warning(reader, f"column `{column}` {said}", "it tells the model nothing; leave it out")
    elif len(different) == len(values) >= FEW_ROWS:
        message = f"column `{column}` has another category in each of the {len(values)} training rows"
        yield _warning(reader, message, "names and identifiers tell a model nothing about new rows; leave the column out")
    elif item.facts.width > MANY_CATEGORIES and any(step.op == "one_hot" for step in item.program.steps):
        message = f"the input `{item.name}` takes {item.facts.width} one-hot positions in each row"
        yield _warning(reader, message, "`encode: embedding` needs far less memory")
    for word in sorted(value for value in present if isinstance(value, str) and value.lower() in MISSING_WORDS):
        help = f'if it means a missing value, declare it: `missing: ["", "{word}"]` under `data:`'
        yield _warning(reader, f"column `{column}` has the category `{word}`", help)
