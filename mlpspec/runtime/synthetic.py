"""Rows that a model takes, made up from its card: for timing and load, where values do not matter but types and sizes do."""

from __future__ import annotations

import numpy as np

from mlpspec.runtime.card import InputCard, ModelCard


def synthetic_rows(card: ModelCard, rows: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """The model's raw inputs for some made-up rows.

    Numbers and tensors come from the standard normal distribution, categories from the known ones, times from 1970 to 2038.

    Returns:
        For each input (rows, columns) of float32, int64 or objects (texts), or (rows, *shape) float32. The same seed gives the same rows.
    """
    random = np.random.default_rng(seed)
    return {item.name: _input(item, rows, random) for item in card.inputs}


def _input(item: InputCard, rows: int, random: np.random.Generator) -> np.ndarray:
    if item.shape is not None:
        return random.standard_normal((rows, *item.shape), np.float32)
    if item.type == "float32":
        return random.standard_normal((rows, len(item.columns)), np.float32)
    if item.type == "seconds":
        return random.integers(2**31, size=(rows, len(item.columns)))
    dtype = object if item.type == "string" else np.int64
    nothing_known = ("a",) if item.type == "string" else (0,)
    array = np.empty((rows, len(item.columns)), dtype)
    for number, known in enumerate(item.categories or [()] * len(item.columns)):
        array[:, number] = np.array(known or nothing_known, dtype)[random.integers(len(known or nothing_known), size=rows)]
    return array
