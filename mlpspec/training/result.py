"""What a training run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlpspec.diagnostics import Diagnostic
from mlpspec.training.run_folder import RunFolder


@dataclass(frozen=True)
class TrainingResult:
    """A run that ended well: its folder, its figures by part, and findings that stopped nothing.

    `ended` says why: `finished`, or the reason of the callback that stopped it. `weights` says which ones it is known by: the `best`, an
    `average`, or the `last`; `weights_sha256` is their hash (`training.fingerprint`).
    """

    folder: RunFolder
    ended: str
    best_epoch: int
    weights: str
    weights_sha256: str
    figures: Mapping[str, Mapping[str, float | None]]
    parameters: int
    seconds: float
    warnings: tuple[Diagnostic, ...] = ()
