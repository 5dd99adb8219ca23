"""The raw rows that an export is proved on: real ones, and edge rows made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlpspec.catalog.calendar import EARLIEST, LATEST
from mlpspec.ir.fitted import FittedInput, Preprocessing

UNSEEN = "\u2060never seen before\u2060"

_TIMES = ["1969-12-31T23:59:59", "1900-02-28T23:59:59", "2000-02-29", "2024-02-29T12:00", "2100-03-01", "2024-12-31T23:59:59"]
_EDGES: Mapping[str, Sequence[str | int]] = {
    "string": (UNSEEN, ""),
    "int64": (2**63 - 1, -(2**63), -1, 0),
    "seconds": (*np.array(_TIMES, "M8[s]").astype(np.int64).tolist(), 0, EARLIEST, LATEST, 2**63 - 1, -(2**63)),
}
"""What columns of whole numbers, texts and times seldom hold."""

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
    return [_with(base, position, value) for position in range(base.shape[1]) for value in _EDGES[item.type]]


def _number_variants(item: FittedInput, base: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    if item.shape is not None:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        return [np.full_like(base, value) for value in (0.0, low, high, 1e-40)]
    variants = []
    largest = float(np.finfo(np.float32).max)
    for position in range(base.shape[1]):
        finite = values[:, position][np.isfinite(values[:, position])]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        reach = max(high - low, abs(high), 1.0)
        numbers = [0.0, max(low - 3 * reach, -largest), min(high + 3 * reach, largest), 1e-40]
        if item.missing != "error":
            numbers.append(np.nan)
        variants += [_with(base, position, number) for number in numbers]
    return variants


def _with(base: np.ndarray, position: int, value: object) -> np.ndarray:
    changed = base.copy()
    changed[:, position] = value
    return changed
