"""What happens while training runs: the protocol between the loop and all that follows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

Goal = Literal["min", "max"]

Use = Literal["validation", "export", "nothing"]
"""What averaged weights are for: being measured after every epoch and kept when best; being what the run ends with; neither."""


@dataclass(frozen=True)
class Average:
    """Averaged weights by name, running statistics included, as the network takes them, and what they are for."""

    weights: Mapping[str, Tensor]
    use: Use


@dataclass(frozen=True)
class Decay:
    """A running average that moves on after every step: average := decay * average + (1 - decay) * weight.

    With `warmup` the decay is at most (1 + t) / (10 + t) after t steps, so that the first weights are soon forgotten.
    """

    decay: float
    warmup: bool = True

    def share(self, step: int) -> float:
        """The share of the weight as it is after step number `step` (counted from 1).

        >>> Decay(0.999).share(1), Decay(0.9, warmup=False).share(1)
        (0.8181818181818181, 0.09999999999999998)
        """
        return 1.0 - (min(self.decay, (1 + step) / (10 + step)) if self.warmup else self.decay)


class Run(Protocol):
    """A training run as its callbacks see it: where it is, what the last epoch brought, and what may be asked of it."""

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        ...

    @property
    def epochs(self) -> int:
        """How many epochs there are to be, at most."""
        ...

    @property
    def steps(self) -> int:
        """How many optimizer steps are done in all."""
        ...

    @property
    def figures(self) -> Mapping[str, float | None]:
        """The figures of the last epoch (`train.loss`, `validation.accuracy`, ...); None where one is undefined."""
        ...

    @property
    def goals(self) -> Mapping[str, Goal]:
        """Every figure that an epoch brings, with whether less or more of it is better."""
        ...

    @property
    def monitor(self) -> str:
        """The figure that decides which weights are the best."""
        ...

    @property
    def learning_rate(self) -> float:
        """That of the last step."""
        ...

    @property
    def seconds(self) -> float:
        """How long the last epoch learnt, its validation left out."""
        ...

    @property
    def skipped(self) -> int | None:
        """How many steps of the last epoch changed nothing, as their gradients overflowed float16; None at another precision."""
        ...

    @property
    def rows(self) -> int:
        """How many rows an epoch learns from."""
        ...

    @property
    def module(self) -> nn.Module:
        """The network with its current weights."""
        ...

    @property
    def folder(self) -> Path:
        """The run folder."""
        ...

    @property
    def results(self) -> Mapping[str, Mapping[str, float | None]]:
        """The figures of each part with the weights that the run ended with; empty before its end."""
        ...

    @property
    def running_average(self) -> Mapping[str, Tensor]:
        """The running averages that each step moves on, by name of weight or buffer; empty where no callback asked for one."""
        ...

    def with_statistics(self, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """These weights, with the running statistics of batch norms calculated for them from the training rows."""
        ...

    def stop(self, reason: str) -> None:
        """End training now, well: it is saved, and `reason` is said and recorded. The first reason counts."""
        ...

    def save(self) -> None:
        """Write a checkpoint to go on from, once all callbacks have been told what they are being told."""
        ...


class Callback:
    """Something that happens while training runs. Every method does nothing; a callback has those that it needs.

    An exception in a callback ends the run with the status `failed`; checkpoints stay.

    >>> class Patient(Callback):
    ...     def on_epoch_end(self, run: Run) -> None:
    ...         if run.figures["train.loss"] < 0.1:
    ...             run.stop("good enough")
    """

    def on_start(self, run: Run) -> None:
        """Training begins, or goes on: what `state` gave has been loaded then."""

    def on_steps(self, run: Run) -> None:
        """A step or a block of steps is done, and the epoch is not over."""

    def on_learnt(self, run: Run) -> None:
        """All steps of an epoch are done, and it is about to be measured."""

    def on_epoch_end(self, run: Run) -> None:
        """An epoch is over, and its figures are there."""

    def on_end(self, run: Run, ended: str) -> None:
        """The run is over and written: `finished`, `interrupted`, `failed`, or the reason that a callback gave."""

    def rate_factor(self) -> float:
        """What the schedule's learning rate is multiplied with in the coming epoch."""
        return 1.0

    def average(self) -> Average | None:
        """Averaged weights as they are now; None while there are none."""
        return None

    def state(self) -> dict[str, Any]:
        """What must be known to go on after a stop, as JSON data."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; KeyError, TypeError or ValueError for what it did not give."""

    def tensors(self) -> Mapping[str, Tensor]:
        """Tensors that must be known to go on after a stop."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up what `tensors` gave."""


def is_better(value: float | None, best: float | None, goal: Goal, min_delta: float = 0.0) -> bool:
    """Whether a figure is better than the best one so far by more than `min_delta`. An undefined figure is never better.

    >>> is_better(0.4, 0.5, "min"), is_better(0.4, 0.5, "max"), is_better(None, None, "min"), is_better(0.4, None, "min")
    (True, False, False, True)
    """
    if value is None or not math.isfinite(value):
        return False
    return best is None or (best - value if goal == "min" else value - best) > min_delta
