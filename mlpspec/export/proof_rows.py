"""The raw rows that an export is proved on: real ones, and edge rows made from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlpspec.ir.fitted import FittedInput, Preprocessing

UNSEEN = "\u2060never seen before\u2060"
BASE_ROWS = 8  # how many real rows each kind of edge is tried on


def edge_rows(preprocessing: Preprocessing, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rows in which one column at a time holds what real rows seldom do.

    That is: nothing, an unseen category, zero, numbers far beyond both ends, a subnormal number.

    Args:
        rows: raw values of at least one real row, as the model takes them.
    """
    base = {name: array[:BASE_ROWS] for name, array in rows.items()}
    pieces = {name: [array] for name, array in base.items()}
    for name, item in preprocessing.inputs.items():
        for changed in _variants(item, base[name], rows[name]):
            for other, array in base.items():
                pieces[other].append(changed if other == name else array)
    return {name: np.concatenate(arrays) for name, arrays in pieces.items()}


def _variants(item: FittedInput, base: np.ndarray, column_values: np.ndarray) -> list[np.ndarray]:
    if item.type == "float32":
        return _number_variants(item, base, column_values)
    unseen = np.iinfo(np.int64).max if item.type == "int64" else UNSEEN
    values = [unseen, ""] if item.type == "string" else [unseen, -1]
    return [_with(base, position, value) for position in range(base.shape[1]) for value in values]


def _number_variants(item: FittedInput, base: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    if item.shape is not None:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        return [np.full_like(base, value) for value in (0.0, low, high, 1e-40)]
    variants = []
    for position in range(base.shape[1]):
        finite = values[:, position][np.isfinite(values[:, position])]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        reach = max(high - low, abs(high), 1.0)
        numbers = [0.0, low - 3 * reach, high + 3 * reach, 1e-40]
        if item.missing != "error":
            numbers.append(np.nan)
        variants += [_with(base, position, number) for number in numbers]
    return variants


def _with(base: np.ndarray, position: int, value: object) -> np.ndarray:
    changed = base.copy()
    changed[:, position] = value
    return changed
