"""What the columns of a table probably are, from their texts: for `mlpspec init`. Every guess says why it was made."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mlpspec.instants import seconds_of_texts

if TYPE_CHECKING:
    from mlpspec.data.table import Integers, Table

Kind = Literal["numeric", "category", "binary", "datetime", "tensor", "skipped"]

MANY_CATEGORIES = 12
"""Above this, categories are embedded rather than one-hot."""

FEW_INTEGERS = 20
"""A target of whole numbers with at most so many different values is taken for classes."""

ROWS_A_CLASS = 5
"""... when each value has on average at least so many rows."""

_CERTAIN_TOKENS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "?")
_NUMBER_TOKENS = ("None", "none", "-", "--", ".", "na", "missing", "Missing", "unknown", "Unknown")
"""Texts that mean a missing value wherever they stand, and those that do only among numbers."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_DATE = re.compile(
    r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(?:[ T].*)?"  # 2007-11-11, also with a time
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}"  # 11.11.2007
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?"  # 17:30
)
_ID_NAME = re.compile(r"(?i:(?:.*[_ ])?(?:id|index|idx|key|uuid|rownum|row|nr|no|number)|unnamed.*)|.*[a-z]I[Dd]")


@dataclass(frozen=True)
class Column:
    """A column of a table as texts, spaces around them removed.

    `missing` cells are left out of `values`. `floats`: the table stores it as floating-point numbers, which cannot name classes.
    `array`: what a row holds, where that is an array; `unreadable`: why no model can read the column.
    """

    name: str
    values: tuple[str, ...] = ()
    missing: int = 0
    floats: bool = False
    array: tuple[int, ...] | None = None
    unreadable: str = ""

    @property
    def distinct(self) -> int:
        """How many different values it has."""
        return len(set(self.values))


@dataclass(frozen=True)
class Guess:
    """What a column is taken for, and why, in a few words."""

    column: Column
    kind: Kind
    reason: str


def read_columns(table: Table) -> tuple[list[Column], tuple[str, ...]]:
    """The columns of a table, and the texts in them that seem to mean a missing value.

    The table must have been opened with no other missing text than the empty one.
    """
    cells = {name: _cells(table, name) for name in table.columns}
    tokens = missing_tokens(texts for texts in cells.values() if not isinstance(texts, Column))
    return [texts if isinstance(texts, Column) else _column(table, name, texts, tokens) for name, texts in cells.items()], tokens


def missing_tokens(columns: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The texts in columns that seem to mean a missing value; the empty text is always one.

    >>> missing_tokens([["1", "-", "2"], ["A", "-", "NA"]])
    ('', 'NA', '-')
    """
    found = {""}
    for column in columns:
        texts = set(column)
        found |= texts & set(_CERTAIN_TOKENS)
        rest = texts - set(_CERTAIN_TOKENS) - set(_NUMBER_TOKENS)
        if rest and all(map(is_number, rest)):
            found |= texts & set(_NUMBER_TOKENS)
    return tuple(token for token in (*_CERTAIN_TOKENS, *_NUMBER_TOKENS) if token in found)


def _cells(table: Table, name: str) -> list[str] | Column:
    """A column's cells as stripped texts, or the finished column where it has none."""
    column = table.column(name)
    if column.kind == "array":
        array = column.array()
        return Column(name, unreadable="lists of different lengths") if array is None else Column(name, array=array.shape[1:])
    if column.kind == "other":
        return Column(name, unreadable="a type that mlpspec does not read")
    if column.kind == "time":
        return _times(name, column.seconds())
    if column.kind == "number":
        return ["" if number != number else repr(number) for number in column.numbers().values.tolist()]
    return [text.strip() for text in column.texts().tolist()]


def _times(name: str, seconds: Integers) -> Column:
    """A column of times as ISO 8601 texts."""
    there = np.delete(seconds.values, seconds.missing)
    return Column(name, tuple(map(str, there.astype("datetime64[s]"))), len(seconds.missing))


def _column(table: Table, name: str, cells: Sequence[str], tokens: Sequence[str]) -> Column:
    values = tuple(text for text in cells if text not in tokens)
    return Column(name, values, len(cells) - len(values), floats=table.column(name).kind == "number")


def guess_input(column: Column) -> Guess:
    """What a column is as an input: numbers, categories, an array, or nothing that a model should read."""
    if column.array is not None:
        return Guess(column, "tensor", f"{' × '.join(map(str, column.array))} numbers in each row")
    if column.unreadable:
        return Guess(column, "skipped", column.unreadable)
    rows, distinct = len(column.values), column.distinct
    if distinct < 2:
        return Guess(column, "skipped", "no values" if not rows else f"only the value {_short(column.values[0])}")
    if all(map(is_number, column.values)):
        return _guess_numbers(column)
    if _has_dates(column):
        return _guess_dates(column)
    stray = [value for value in dict.fromkeys(column.values) if not is_number(value)]
    nearly = f"; nearly numbers, but for {', '.join(map(_short, stray[:3]))}" if len(stray) < distinct / 2 else ""
    if distinct > max(MANY_CATEGORIES, rows / 2):
        return Guess(column, "skipped", f"{distinct} different texts in {rows} rows{nearly or ': names or free text'}")
    return Guess(column, "category", f"{distinct} categories{nearly}")


def guess_target(column: Column) -> Guess:
    """What a column is as the target: two classes, several, or a number. `skipped` says why it can be none."""
    rows, distinct = len(column.values), column.distinct
    if column.array is not None or column.unreadable:
        return Guess(column, "skipped", f"it holds {column.unreadable or 'arrays'}")
    if distinct < 2:
        return Guess(column, "skipped", "it has no values" if not rows else f"it has only the value {_short(column.values[0])}")
    if column.floats:
        stored = "; store whole numbers as integers to make them classes" if all(map(is_whole, column.values)) else ""
        return Guess(column, "numeric", f"numbers from {_range(column)}{stored}")
    if _has_dates(column):
        return Guess(column, "skipped", "it holds dates or times, which no model here answers")
    if distinct == 2:
        return Guess(column, "binary", "two values")
    numbers = all(map(is_number, column.values)) and not _has_codes(column)
    if not numbers:
        if distinct > max(FEW_INTEGERS, rows / ROWS_A_CLASS):
            return Guess(column, "skipped", f"it has {distinct} different texts in {rows} rows, too many for classes")
        return Guess(column, "category", f"{distinct} classes")
    if all(map(is_whole, column.values)) and distinct <= min(FEW_INTEGERS, rows / ROWS_A_CLASS):
        return Guess(column, "category", f"{distinct} different whole numbers; write `numeric` if they are amounts")
    return Guess(column, "numeric", f"numbers from {_range(column)}")


def has_days_only(column: Column) -> bool:
    """Whether all times of a column stand at midnight."""
    seconds, _ = seconds_of_texts(np.array(column.values, object))
    return not (seconds % 86_400).any()


def rarest(column: Column) -> int:
    """How many rows the rarest value has."""
    return min(Counter(column.values).values())


def is_number(text: str) -> bool:
    """Whether a text is a finite decimal number.

    >>> [is_number(text) for text in ("1e3", "-.5", "1,000", "inf", "0x10")]
    [True, True, False, False, False]
    """
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def is_whole(text: str) -> bool:
    """Whether a text is a whole number; `3.0` is one."""
    return is_number(text) and float(text).is_integer()


def _guess_numbers(column: Column) -> Guess:
    rows, distinct = len(column.values), column.distinct
    if _has_codes(column):
        if distinct > max(MANY_CATEGORIES, rows / 2):
            return Guess(column, "skipped", f"{distinct} different codes with leading zeros: an identifier")
        return Guess(column, "category", f"{distinct} codes with leading zeros")
    if distinct == rows and all(map(is_whole, column.values)):
        numbers = [float(value) for value in column.values]
        if _ID_NAME.fullmatch(column.name.strip()) or max(numbers) - min(numbers) == rows - 1:
            return Guess(column, "skipped", "a different whole number in every row: an identifier")
    if distinct <= FEW_INTEGERS // 2 and all(map(is_whole, column.values)):
        return Guess(column, "numeric", f"{distinct} different whole numbers; make it a category if they are codes")
    return Guess(column, "numeric", f"from {_range(column)}")


def _guess_dates(column: Column) -> Guess:
    seconds, bad = seconds_of_texts(np.array(column.values, object))
    if len(bad):
        return Guess(
            column, "skipped", f"dates or times in a form that `datetime` does not read, such as {_short(column.values[int(bad[0])])}"
        )
    if column.missing:
        return Guess(column, "skipped", f"dates, of which {column.missing} are missing; `datetime` needs all of them")
    first, last = (str(np.datetime64(int(second), "s"))[:10] for second in (seconds.min(), seconds.max()))
    return Guess(column, "datetime", f"from {first} to {last}")


def _has_dates(column: Column) -> bool:
    return sum(map(bool, map(_DATE.fullmatch, column.values))) > 0.9 * len(column.values)


def _has_codes(column: Column) -> bool:
    return any(map(_LEADING_ZERO.match, column.values))


def _range(column: Column) -> str:
    numbers = sorted((float(value), value) for value in column.values)
    return f"{numbers[0][1]} to {numbers[-1][1]}"


def _short(text: str) -> str:
    """A text in quotes, at most 24 characters of it.

    >>> _short("Torgersen")
    "'Torgersen'"
    """
    return repr(text if len(text) <= 24 else text[:23] + "…")
