"""The training loop: epochs of steps, figures after each, the best weights kept, a checkpoint when it is time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from mlpspec.catalog.schedules.base import Horizon
from mlpspec.diagnostics import CheckError
from mlpspec.language.figures import figures as figure_goals
from mlpspec.language.sections.spec import Spec
from mlpspec.training.batches import batch_bounds, epoch_order
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.progress import Progress
from mlpspec.training.step import Step


@dataclass
class Position:
    """How far training is: what a checkpoint must remember beside the tensors. `step` counts batches of the epoch that is under way."""

    epoch: int = 0
    step: int = 0
    best_epoch: int = 0
    best_value: float | None = None
    stale_epochs: int = 0
    last: dict[str, float | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dict(self.__dict__)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Position:
        """The inverse of `to_json`; TypeError for data of another form."""
        return cls(**data)


@dataclass(frozen=True)
class Hooks:
    """What the loop asks of its surroundings: figures on the validation rows, a record an epoch, checkpoints."""

    validate: Callable[[], Mapping[str, float | None]]
    record: Callable[[Mapping[str, Any]], None]
    save_best: Callable[[Position], None]
    save_last: Callable[[Position], None]


class Loop:
    """Runs a step over the epochs of a spec."""

    def __init__(self, spec: Spec, module: nn.Module, step: Step, rows: int, device: torch.device, hooks: Hooks, *, has_validation: bool):
        self.training, self.seed = spec.training, spec.seed
        self.module, self.step, self.rows, self.device, self.hooks = module, step, rows, device, hooks
        stopping = spec.training.early_stopping
        self.monitor = stopping.monitor if stopping else "validation.loss" if has_validation else "train.loss"
        self.patience = stopping.patience if stopping else None
        self.min_delta = stopping.min_delta if stopping else 0.0
        self.goal = figure_goals(spec).get(self.monitor, "min")
        self.bounds = list(batch_bounds(rows, spec.training.batch_size))
        self.horizon = Horizon(len(self.bounds) * spec.training.epochs, len(self.bounds))

    def run(self, position: Position, interrupt: Interrupt, progress: Progress) -> str:
        """Train from `position` on; why it ended: `finished`, `early stopping` or `interrupted`.

        Raises:
            CheckError: when the loss becomes NaN or infinite; nothing of that epoch is saved.
        """
        self.saved_at, self.saved_steps = time.monotonic(), self._steps(position)
        if self._has_lost_patience(position):
            return "early stopping"
        while position.epoch < self.training.epochs:
            started = time.perf_counter()
            if not self._epoch(position, interrupt):
                self.hooks.save_last(position)
                return "interrupted"
            seconds = time.perf_counter() - started
            position.last = self._figures(position.epoch)
            if self._judge(position):
                self.hooks.save_best(position)
            self.hooks.record({"epoch": position.epoch, **position.last, "learning_rate": self._rate(position.epoch), "seconds": seconds})
            progress.epoch(position.epoch, self.training.epochs, position.last, self.rows / max(seconds, 1e-9))
            if self._has_lost_patience(position):
                self.hooks.save_last(position)
                return "early stopping"
            if interrupt.exit_code is not None and position.epoch < self.training.epochs:
                self.hooks.save_last(position)
                return "interrupted"
            self._save_when_due(position)
        self.hooks.save_last(position)
        return "finished"

    def _epoch(self, position: Position, interrupt: Interrupt) -> bool:
        """The rest of an epoch; False when a signal stopped it in between."""
        order = torch.from_numpy(epoch_order(self.rows, self.seed, position.epoch, shuffle=self.training.shuffle)).to(self.device)
        before = position.epoch * len(self.bounds)
        base, schedule = self.training.optimizer.learning_rate, self.training.schedule
        rates = [base * schedule.factor(before + number, self.horizon) for number in range(len(self.bounds))]
        self.module.train()
        for done in self.step.run_epoch(position.epoch, order, self.bounds, rates, first=position.step):
            position.step = done
            if done < len(self.bounds):
                if interrupt.exit_code is not None:
                    return False
                self._save_when_due(position)
        position.epoch, position.step = position.epoch + 1, 0
        return True

    def _save_when_due(self, position: Position) -> None:
        wanted, steps = self.training.checkpoint, self._steps(position)
        due = time.monotonic() - self.saved_at > wanted.seconds
        due = due or (wanted.steps is not None and steps - self.saved_steps >= wanted.steps)
        due = due or (wanted.epochs is not None and position.step == 0 and position.epoch % wanted.epochs == 0)
        if due:
            self.hooks.save_last(position)
            self.saved_at, self.saved_steps = time.monotonic(), steps

    def _steps(self, position: Position) -> int:
        """How many optimizer steps are done."""
        return position.epoch * len(self.bounds) + position.step

    def _has_lost_patience(self, position: Position) -> bool:
        return self.patience is not None and position.stale_epochs >= self.patience

    def _figures(self, epoch: int) -> dict[str, float | None]:
        loss = self.step.epoch_loss()
        self._refuse_non_finite("training", loss, epoch)
        validation = self.hooks.validate()
        if "loss" in validation:
            self._refuse_non_finite("validation", validation["loss"], epoch)
        return {"train.loss": loss, **{f"validation.{name}": value for name, value in validation.items()}}

    def _refuse_non_finite(self, part: str, loss: float | None, epoch: int) -> None:
        if loss is not None and math.isfinite(loss):
            return
        smaller = self.training.optimizer.learning_rate / 10
        help = f"try a smaller learning rate in `training.optimizer`, such as {smaller:.2g}; scale inputs and targets"
        message = f"the {part} loss became NaN or infinite in epoch {epoch}, at a learning rate of {self._rate(epoch):.3g}"
        raise CheckError(message, code="non-finite-loss", help=help)

    def _judge(self, position: Position) -> bool:
        value = position.last.get(self.monitor)
        best = position.best_value
        sign = 1.0 if self.goal == "min" else -1.0
        improved = value is not None and math.isfinite(value) and (best is None or sign * (best - value) > self.min_delta)
        if improved:
            position.best_value, position.best_epoch, position.stale_epochs = value, position.epoch, 0
        else:
            position.stale_epochs += 1
        return improved

    def _rate(self, epoch: int) -> float:
        """The learning rate of the last step of an epoch (counted from 1)."""
        return self.training.optimizer.learning_rate * self.training.schedule.factor(epoch * len(self.bounds) - 1, self.horizon)
