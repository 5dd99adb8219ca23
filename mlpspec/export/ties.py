"""Rows whose label could be another one within the tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mlpspec.export.tolerance import ABSOLUTE, RELATIVE
from mlpspec.ir.program import Program, Step

MARGIN = ABSOLUTE + RELATIVE
"""How far a probability, which is at most 1, may be from the trained one."""


def with_grounds(decode: Program) -> Program:
    """A decoding that also gives what its labels are decided by."""
    steps = _decisions(decode)
    return replace(decode, outputs=tuple(dict.fromkeys((*decode.outputs, *(step.inputs[0] for step in steps)))))


def ties(decode: Program, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Labels that either side may give: bool of the shape of the labels.

    The best two classes are nearly as probable, or a probability is nearly at its threshold.

    Args:
        values: what `with_grounds(decode)` gave.
    """
    [step] = _decisions(decode)
    grounds = values[step.inputs[0]]
    if step.op == "argmax":
        best = np.sort(grounds, axis=1)
        return best[:, -1] - best[:, -2] <= 2 * MARGIN
    near = np.abs(grounds - step.constants["value"]) <= MARGIN
    return near[:, 0] if any(later.op == "squeeze" and later.inputs == (step.output,) for later in decode.steps) else near


def _decisions(decode: Program) -> list[Step]:
    return [step for step in decode.steps if step.op in ("argmax", "at_least")]
