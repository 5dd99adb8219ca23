"""The columns that a model's answers make in a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mlpspec.runtime.card import ModelCard

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


def answer_frame(card: ModelCard, answers: Mapping[str, np.ndarray], kept: pl.DataFrame | None) -> pl.DataFrame:
    """The kept columns, if any, and behind them the answers."""
    import polars as pl

    columns = answer_columns(card, answers, kept.columns if kept is not None else ())
    series = [
        pl.Series(name, column.tolist(), dtype=pl.String) if column.dtype == object else pl.Series(name, column)
        for name, column in columns.items()
    ]
    return pl.DataFrame(series) if kept is None else kept.hstack(series)


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
