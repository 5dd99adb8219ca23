"""CMA-ES over a study: the state of the search is calculated from the finished trials, so that nothing else needs to be stored.

Optuna's own CMA-ES keeps its state as a pickle in the study, which could run code when a study from elsewhere is opened.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlpspec.passes.search_space import Dimension
from mlpspec.tuning.trials import Trial

GENERATION = "generation"
"""The attribute of a trial that says which generation it belongs to."""


def propose(dimensions: Sequence[Dimension], trials: Sequence[Trial], seed: int, number: int, *, goal: str) -> tuple[dict[str, Any], int]:
    """Values for a next trial, and its generation.

    Args:
        dimensions: choices among them are drawn at random: CMA-ES is about numbers.
        trials: all trials of the study so far.
        seed: of the search.
        number: how many trials were begun before; another number gives other values.

    Source: Hansen and Ostermeier 2001, as the package `cmaes` has it; the first mean is the middle of all ranges, the first step a sixth
    of them, as in Optuna.
    """
    import cmaes

    numeric = [dimension for dimension in dimensions if not dimension.choices]
    random = np.random.Generator(np.random.PCG64([seed, number]))
    values = {d.name: d.labels[int(random.integers(len(d.labels)))] for d in dimensions if d.choices}
    if len(numeric) < 2:  # a covariance needs two numbers
        return {**values, **{dimension.name: _number(dimension, float(random.random())) for dimension in numeric}}, 0
    bounds, middle = np.tile([0.0, 1.0], (len(numeric), 1)), np.full(len(numeric), 0.5)
    draws = int(random.integers(2**31))  # `tell` draws nothing: trials alone make the state, and the number what is drawn from it
    search = cmaes.CMA(mean=middle, sigma=1 / 6, bounds=bounds, seed=draws, n_max_resampling=10 * len(numeric))
    sign = 1.0 if goal == "min" else -1.0
    while True:
        mine = [trial for trial in trials if trial.generation == search.generation and trial.objective is not None]
        if len(mine) < search.population_size:
            break
        search.tell([(_place(numeric, trial.values), sign * float(trial.objective or 0)) for trial in mine[: search.population_size]])
    found = {dimension.name: _number(dimension, float(place)) for dimension, place in zip(numeric, search.ask(), strict=True)}
    return {**values, **found}, search.generation


def _place(dimensions: Sequence[Dimension], values: Mapping[str, Any]) -> np.ndarray:
    """Where values lie in their ranges, from 0 to 1."""
    places = []
    for dimension in dimensions:
        (low, high), value = dimension.ends, float(values[dimension.name])
        if dimension.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        places.append((value - low) / (high - low))
    return np.clip(places, 0.0, 1.0)


def _number(dimension: Dimension, place: float) -> float | int:
    """The number at a place in a range; the inverse of `_place`, to the nearest that the range has."""
    low, high = dimension.ends
    value = math.exp(math.log(low) + place * (math.log(high) - math.log(low))) if dimension.log else low + place * (high - low)
    step = dimension.step or (1.0 if dimension.whole else None)
    if step is not None:
        value = low + round((value - low) / step) * step
    value = min(max(value, low), high)
    return round(value) if dimension.whole else value
