"""The columns that a model's answers make in a table, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mlpspec.diagnostics import UsageError
from mlpspec.runtime.card import ModelCard
from mlpspec.runtime.choose import choose

if TYPE_CHECKING:
    import polars as pl


def answer_columns(card: ModelCard, answers: Mapping[str, np.ndarray], taken: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Answers as columns of one value a row.

    `<target>` is the label or number; `<target>_<column>` stands for each of several numbers or labels, `<target>_probability_<class>` for
    each class, `<target>_interval_<share>` for each end of an interval. A column's name that begins with the target's stands alone. A name
    that is `taken` gets `_predicted` behind it.
    """
    columns: dict[str, np.ndarray] = {}
    for target in card.targets:
        for output, labels in target.outputs.items():
            for name, column in _split(output, answers[output], tuple(map(str, labels or ()))):
                while name in taken or name in columns:
                    name += "_predicted"
                columns[name] = column
    return columns


@dataclass(frozen=True)
class Answered:
    """The answers to some rows.

    Attributes:
        answers: an array for each output.
        kept: the rows themselves, when they are kept.
        empty: for each row, whether its answers are left empty; None when none is.
    """

    answers: Mapping[str, np.ndarray]
    kept: pl.DataFrame | None = None
    empty: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.answers.values())))


class AnswerTable:
    """The form of a file of answers: the kept columns, if any, and behind them the answers that are wanted.

    Args:
        card: what the model answers.
        nothing: the answers to no rows, and no kept rows.
        columns: names of columns, names of outputs for all their columns, or patterns, in the order that is wanted; None for all.
        may_be_empty: some answers may be left empty; every column can say so.

    Attributes:
        names: the columns of answers.

    Raises:
        UsageError: when there are no such columns.
    """

    def __init__(self, card: ModelCard, nothing: Answered, columns: Sequence[str] | None = None, *, may_be_empty: bool = False):
        del may_be_empty
        self._card, self._nothing = card, nothing
        self._taken = nothing.kept.columns if nothing.kept is not None else []
        self.names = tuple(answer_columns(card, nothing.answers, self._taken))
        if columns is not None:
            self.names = choose(columns, self.names, "the answers have no column", self._columns_by_output())

    def empty_frame(self) -> pl.DataFrame:
        """No answers."""
        return self.frame(self._nothing)

    def frame(self, answered: Answered) -> pl.DataFrame:
        """Answers as a table."""
        import polars as pl

        columns = answer_columns(self._card, answered.answers, self._taken)
        empty = None if answered.empty is None else pl.Series(answered.empty)
        series = [_series(name, columns[name], empty) for name in self.names]
        return pl.DataFrame(series) if answered.kept is None else answered.kept.hstack(series)

    def _columns_by_output(self) -> dict[str, list[str]]:
        columns = iter(answer_columns(self._card, self._nothing.answers, self._taken))
        found: dict[str, list[str]] = {}
        for target in self._card.targets:
            for output, labels in target.outputs.items():
                names = tuple(map(str, labels or ()))
                found[output] = [next(columns) for _ in _split(output, self._nothing.answers[output], names)]
        return found


class AnswerArrays:
    """The form of a file of arrays: an array for each output that is wanted.

    Args:
        card: what the model answers.
        nothing: the answers to no rows.
        columns: names or patterns of outputs, in the order that is wanted; None for all.
        may_be_empty: some answers may be left empty.

    Raises:
        UsageError: when there are no such outputs, columns are to be kept, or an output has no value that could mean an empty answer.
    """

    def __init__(self, card: ModelCard, nothing: Answered, columns: Sequence[str] | None = None, *, may_be_empty: bool = False):
        if nothing.kept is not None:
            raise UsageError("an NPZ file of answers keeps no columns", help="write Parquet or CSV")
        outputs = [output for target in card.targets for output in target.outputs]
        self.names = tuple(outputs) if columns is None else choose(columns, outputs, "the model has no output")
        self._nothing = nothing
        full = [name for name in self.names if nothing.answers[name].dtype.kind not in "fO"]
        if may_be_empty and full:
            listed = ", ".join(f"`{name}`" for name in full)
            help = "write Parquet or CSV, or leave bad rows out with `skip`"
            raise UsageError(f"an NPZ file has no empty whole numbers for the answers {listed} to bad rows", help=help)

    def empty(self) -> dict[str, np.ndarray]:
        """No answers."""
        return self.arrays(self._nothing)

    def arrays(self, answered: Answered) -> dict[str, np.ndarray]:
        """Answers as arrays; empty ones are NaN, or texts without a sign."""
        arrays = {name: answered.answers[name] for name in self.names}
        if answered.empty is not None:
            for name, array in arrays.items():
                arrays[name] = array.copy()
                arrays[name][answered.empty] = "" if array.dtype == object else np.nan
        return arrays


def _series(name: str, column: np.ndarray, empty: pl.Series | None) -> pl.Series:
    import polars as pl

    series = pl.Series(name, column.tolist(), dtype=pl.String) if column.dtype == object else pl.Series(name, column)
    return series if empty is None else series.set(empty, None)


def _split(output: str, values: np.ndarray, names: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """An output's columns, named by the last axis when that is the only one, else by their places."""
    if values.ndim == 1:
        yield output, values
    elif values.ndim == 2:
        labels = names if len(names) == values.shape[1] else map(str, range(values.shape[1]))
        for number, label in enumerate(labels):
            yield label if label.startswith(f"{output}_") else f"{output}_{label}", values[:, number]
    else:
        for place in product(*map(range, values.shape[1:])):
            yield f"{output}_{'_'.join(map(str, place))}", values[(slice(None), *place)]
