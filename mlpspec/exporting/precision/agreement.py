"""How far the answers of a converted model are from those of the float32 one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime as ort

from mlpspec.diagnostics import CheckError, Diagnostic
from mlpspec.exporting.verify import BATCH_SIZES, in_batches, row_numbers


@dataclass
class Agreement:
    """Over all batch sizes, by output: the most labels that differ, and the largest difference of numbers and probabilities."""

    rows: int
    flips: dict[str, int] = field(default_factory=dict)
    max_absolute: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dict(self.__dict__)


def agreement(plain: ort.InferenceSession, converted: ort.InferenceSession, rows: Mapping[str, np.ndarray], *, method: str) -> Agreement:
    """Run both models on raw rows, at the batch sizes of the proof.

    Args:
        plain: a session on the float32 model, `converted` one on the other.
        rows: raw values, as the models take them.
        method: how the network was converted.

    Raises:
        CheckError: when a model does not run, or the converted one gives no finite number where the float32 one does.
    """
    names = [output.name for output in plain.get_outputs()]
    found = Agreement(len(next(iter(rows.values()))))
    lost: dict[str, int] = {}
    for size in BATCH_SIZES:
        numbers = np.unique(row_numbers(found.rows, size))
        chosen = {name: array[numbers] for name, array in rows.items()}
        before, after = (in_batches(session, names, chosen, size) for session in (plain, converted))
        for name in names:
            if before[name].dtype.kind == "f":
                finite = np.isfinite(before[name])
                lost[name] = max(lost.get(name, 0), int((finite & ~np.isfinite(after[name])).sum()))
                distance = np.abs(after[name].astype(np.float64) - before[name])[finite & np.isfinite(after[name])]
                found.max_absolute[name] = max(found.max_absolute.get(name, 0.0), float(distance.max(initial=0.0)))
            else:
                flips = int((before[name].astype(object) != after[name].astype(object)).sum())
                found.flips[name] = max(found.flips.get(name, 0), flips)
    help = "scale the inputs (`scale: standardize`), or choose `--precision bf16`, which keeps the range of float32"
    message = "`{}` has {} values at {} that are not finite, where fp32 has numbers"
    problems = [Diagnostic("precision", message.format(name, count, method), help=help) for name, count in lost.items() if count]
    if problems:
        raise CheckError(problems)
    return found
