"""What the training rows teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.targets.base import TargetType
from mlpspec.data.column import ColumnReader
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.sections.data import Data, Split

T = TypeVar("T")


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


def encoded_alike(inputs: Mapping[str, InputType], targets: Mapping[str, TargetType]) -> tuple[dict[str, InputType], dict[str, TargetType]]:
    """Inputs and targets without what changes nothing about how they are read and encoded: augmentations, and weights in the loss."""
    read = {name: replace(entry, augment=()) for name, entry in inputs.items()}
    return read, {name: replace(entry, weight=1.0) for name, entry in targets.items()}


def dividing_columns(split: Split) -> tuple[str, ...]:
    """The columns that say how rows are divided; patterns of input columns pass over them."""
    return tuple(column for column in (split.column, split.group, split.time) if column is not None)


def missing_tokens(data: Data) -> tuple[str, ...]:
    """The texts that mean a missing value: the empty text, and what the section declares."""
    return tuple(dict.fromkeys(("", *data.missing)))
