"""What a report says: plain data, from a run that has just ended or from a run folder read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mlpspec.catalog.metrics.base import Answers


@dataclass(frozen=True)
class LayerRow:
    """One layer: its name, its kind in the catalog, the names it reads, its output shape as text, and how many numbers it learns."""

    name: str
    kind: str
    reads: Sequence[str]
    shape: str
    parameters: int | None


@dataclass(frozen=True)
class TargetAnswers:
    """The answers for one target over the rows of one part.

    `classes` are the names of the classes (or of the labels, where a row may have several), in the order of their numbers, or None where
    the target is numbers. `columns` are the names of the numbers; empty names them by their position.
    """

    answers: Answers
    classes: Sequence[str] | None = None
    columns: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """Everything on the page. Only `name` is required, so that an evaluation without a training has a page as well.

    Attributes:
        name: the model's name.
        started: when the run began, ISO 8601.
        seconds: how long it took.
        ended: why it ended: `finished`, `early stopping`, or any other words.
        device: what it ran on.
        seed: the seed of all that is random.
        versions: of each package that the result depends on.
        rows: how many each part has: `train`, `validation`, `test`.
        parameters: how many numbers the network learns.
        layers: the network, in order of calculation.
        figures: by part, then by figure; None where a figure has no value.
        undefined: by part, then by figure: why it has no value.
        goals: for each figure of `epochs`, whether more is better. Figures without a goal are drawn alone.
        epochs: the records of metrics.jsonl: `epoch`, `train.loss`, `validation.<figure>`, `learning_rate`, `seconds`; with
            float16 `skipped_steps`.
        best_epoch: the epoch whose weights were best; 0 when there is none.
        weights: which the figures are of: `best`, `average` or `last`.
        monitor: the figure that chose it.
        answers: by part, then by target.
        data: the hash of each data file.
        spec: the spec's text.
        warnings: findings that stopped nothing, one sentence each.
    """

    name: str
    started: str = ""
    seconds: float | None = None
    ended: str = ""
    device: str = ""
    seed: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    parameters: int | None = None
    layers: Sequence[LayerRow] = ()
    figures: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    undefined: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    goals: Mapping[str, Literal["min", "max"] | str] = field(default_factory=dict)
    epochs: Sequence[Mapping[str, Any]] = ()
    best_epoch: int = 0
    weights: str = "best"
    monitor: str = ""
    answers: Mapping[str, Mapping[str, TargetAnswers]] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    spec: str = ""
    warnings: Sequence[str] = ()
