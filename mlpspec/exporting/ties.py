"""Labels that differ from the trained pipeline's and yet are right within the tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mlpspec.ir.program import Program, Step


def with_grounds(decode: Program) -> Program:
    """A decoding that also gives what its labels are decided by."""
    steps = [step for step in decode.steps if step.op in ("argmax", "at_least")]
    return replace(decode, outputs=tuple(dict.fromkeys((*decode.outputs, *(step.inputs[0] for step in steps)))))


def defensible(decode: Program, values: Mapping[str, np.ndarray], allowed: Mapping[str, np.ndarray], found: np.ndarray) -> np.ndarray:
    """Which of the labels `found` the probabilities allow, when each may be off by its tolerance: bool of the shape of `found`.

    The label's class is nearly as probable as the best one; or a probability is so near its threshold that both sides are right.

    Args:
        values: what `with_grounds(decode)` gave for the same rows.
        allowed: how far each of those numbers may be off; infinite where anything will do.
    """
    number = _numbers(decode, found)
    step = next(step for step in decode.steps if step.op in ("argmax", "at_least"))
    grounds = values[step.inputs[0]].astype(np.float64)
    tolerance = allowed[step.inputs[0]]
    if step.op == "at_least":
        near = _within(np.abs(grounds - step.constants["value"]), tolerance)
        return near.reshape(found.shape) & (number >= 0)
    rows = np.arange(len(found))
    best = grounds.argmax(axis=1)
    with np.errstate(invalid="ignore"):
        gap = grounds[rows, best] - grounds[rows, number]
    return _within(gap, tolerance[rows, best] + tolerance[rows, number]) & (number >= 0)


def _within(distance: np.ndarray, tolerance: np.ndarray) -> np.ndarray:
    """Where the tolerance is infinite, so may be the distance, or no number."""
    return (distance <= tolerance) | np.isinf(tolerance)


def _numbers(decode: Program, found: np.ndarray) -> np.ndarray:
    """The class numbers of labels, -1 for what is none; labels that are 0 and 1 already are their own."""
    step: Step | None = next((step for step in decode.steps if step.op == "take"), None)
    classes = [0, 1] if step is None else list(step.constants["values"])
    numbers = {label: number for number, label in enumerate(classes)}
    return np.array([numbers.get(label, -1) for label in found.reshape(-1).tolist()], np.int64).reshape(found.shape)
