"""What only the data can tell: how wide each input is once encoded, how many classes a target has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class InputFacts:
    """About one input.

    `columns`: how many columns it reads. `width`: how many numbers a row has after encoding (one-hot widths summed, missing flags counted).
    `vocabulary`: how many known categories all its columns have together (0 where there are none). `shape`: a tensor's axes after the rows.
    """

    columns: int
    width: int
    vocabulary: int = 0
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class TargetFacts:
    """About one target: `outputs`, how many numbers its head gives a row; `classes`, how many classes it has (0 for numbers)."""

    outputs: int
    classes: int = 0


@dataclass(frozen=True)
class Facts:
    """All inputs and targets; empty before the data is read."""

    inputs: Mapping[str, InputFacts] = field(default_factory=dict)
    targets: Mapping[str, TargetFacts] = field(default_factory=dict)
