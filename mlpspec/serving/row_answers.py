"""Rows as plain JSON objects, and answers row by row: what `POST /predict` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlpspec.diagnostics import did_you_mean
from mlpspec.diagnostics.faults import Faults
from mlpspec.runtime.card import ModelCard
from mlpspec.runtime.cells import ValuesColumn
from mlpspec.runtime.inputs import InputReader, missing_columns
from mlpspec.serving.json_text import kind_of, plain
from mlpspec.serving.refusal import bad_request
from mlpspec.serving.texts import unwritable

_FORM = 'send {"rows": [{column: value, ...}]}'


def read_row_objects(data: Mapping[str, Any], card: ModelCard) -> tuple[dict[str, np.ndarray], int]:
    """The arrays of a request `{"rows": [{column: value, ...}, ...]}` as the model takes them, and how many rows they have.

    Every row has every column that the model reads; null is a missing value. Other columns are ignored.

    Raises:
        Refusal: 400 when the request has another form.
        DataError: listing missing columns and values that the model does not take.
    """
    rows = _rows(data)
    if not rows:
        return {}, 0
    faults = Faults()
    names = set(card.columns)
    for number, row in enumerate(rows):
        if not row.keys() >= names:
            missing_columns(card, list(row), faults, place=_place(number))
    faults.raise_if_any()
    values = {name: [row[name] for row in rows] for name in card.columns}
    _refuse_values([name for item in card.inputs if item.shape is None for name in item.columns], values, faults)
    columns = {name: ValuesColumn(cells, card.missing_tokens) for name, cells in values.items()}
    arrays = InputReader(card, faults, _place).read(columns)
    faults.raise_if_any()
    return arrays, len(rows)


def row_answers(card: ModelCard, answers: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """For each row an object by output: a label or number, or an object of several by what they stand for, such as probabilities by class.

    A number that is not finite is null.
    """
    columns = {output: _by_row(answers[output], names) for target in card.targets for output, names in target.outputs.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _place(row: int) -> str:
    return f"rows[{row}]"


def _rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    for key in data:
        if key != "rows":
            raise bad_request(f"unknown key `{key}`", place=key, help=did_you_mean(key, ["rows"]) or _FORM)
    rows = data.get("rows")
    if not isinstance(rows, list):
        found = "is missing" if "rows" not in data else f"is {kind_of(rows)}"
        raise bad_request(f"`rows` {found}, expected a list of objects", place="rows", help=_FORM)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise bad_request(f"the row is {kind_of(row)}, expected an object", place=_place(number))
    return rows


def _refuse_values(columns: Sequence[str], values: Mapping[str, Sequence[Any]], faults: Faults) -> None:
    """Note lists, objects and half characters, none of which a table's cell holds."""
    for name in columns:
        cells = values[name]
        for number, cell in enumerate(cells):
            if isinstance(cell, (list, dict)):
                faults.add("bad-cell", f"is {kind_of(cell)}, expected one value", column=name, place=_place(number))
        bad = unwritable([cell for cell in cells if isinstance(cell, str)])
        if bad is not None:
            number = next(n for n, cell in enumerate(cells) if isinstance(cell, str) and unwritable([cell]) is not None)
            faults.add("bad-cell", "holds half of a surrogate pair, which is no character", column=name, place=_place(number))
    faults.raise_if_any()


def _by_row(values: np.ndarray, names: Sequence[str | int] | None) -> list[Any]:
    """One JSON value for each row of an output, whose columns stand for `names`."""
    if names is None:
        return plain(values)
    keys = [str(name) for name in names]
    return [dict(zip(keys, row, strict=True)) for row in plain(values)]
