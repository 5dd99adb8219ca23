"""The training loop: epochs of steps, figures after each, and callbacks for all that happens beside."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mlpspec.diagnostics import CheckError
from mlpspec.language.figures import figures as figure_goals
from mlpspec.language.sections.spec import Spec
from mlpspec.training.anomaly import Anomaly
from mlpspec.training.callbacks import Callbacks
from mlpspec.training.cause import Cause
from mlpspec.training.feed import Feed, PlannedEpoch
from mlpspec.training.group import Group
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.plan import Plan
from mlpspec.training.step import Step

STEPS_APART = 4
"""After how many steps at least several processes ask each other whether to save and to go on; it costs two short messages."""


@dataclass
class Position:
    """How far training is: what a checkpoint must remember beside the tensors. `step` counts batches of the epoch that is under way."""

    epoch: int = 0
    step: int = 0
    figures: dict[str, float | None] = field(default_factory=dict)
    callbacks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dict(self.__dict__)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Position:
        """The inverse of `to_json`; TypeError for data of another form."""
        return cls(**data)


@dataclass(frozen=True)
class Hooks:
    """What the loop asks of its surroundings.

    `validate`: figures on the validation rows. `save`: a checkpoint to go on from. `with_statistics`: weights with the statistics of batch
    norms calculated for them. `find_cause`: why the loss of the last epoch is not finite, given how an epoch was planned.
    """

    validate: Callable[[], Mapping[str, float | None]]
    save: Callable[[Position], None]
    with_statistics: Callable[[Mapping[str, torch.Tensor]], Mapping[str, torch.Tensor]] = lambda weights: weights
    find_cause: Callable[[Callable[[int], PlannedEpoch]], Cause | None] = lambda plan: None


class Loop:
    """Runs a step over the epochs of a spec. It is the `Run` that callbacks see."""

    def __init__(
        self,
        spec: Spec,
        module: nn.Module,
        step: Step,
        plan: Plan,
        feed: Feed,
        callbacks: Callbacks,
        hooks: Hooks,
        *,
        monitor: str,
        folder: Path,
        running_average: Mapping[str, torch.Tensor] | None = None,
        group: Group | None = None,
    ):
        self.training, self.folder, self.monitor = spec.training, folder, monitor
        self.module, self.step, self.plan, self.callbacks, self.hooks = module, step, plan, callbacks, hooks
        self.feed, self.group = feed, group or Group()
        self.goals = figure_goals(spec)
        self.running_average = running_average or {}
        self.results: Mapping[str, Mapping[str, float | None]] = {}
        self.position = Position()
        self.learning_rate = self.seconds = 0.0
        self.skipped: int | None = None
        self._reason: str | None = None
        self._save_wanted = False
        self._factors: dict[int, float] = {}

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self.position.epoch

    @property
    def epochs(self) -> int:
        """How many epochs there are to be, at most."""
        return self.training.epochs

    @property
    def steps(self) -> int:
        """How many optimizer steps are done."""
        return self.plan.first_step(self.position.epoch) + self.position.step

    @property
    def rows(self) -> int:
        """How many training rows an epoch visits."""
        return self.plan.rows

    @property
    def figures(self) -> Mapping[str, float | None]:
        """The figures of the last epoch."""
        return self.position.figures

    def stop(self, reason: str) -> None:
        """End training now, well; the first reason counts."""
        self._reason = self._reason or reason

    def save(self) -> None:
        """Write a checkpoint once all callbacks have been told."""
        self._save_wanted = True

    def with_statistics(self, weights: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """These weights, with the running statistics of batch norms calculated for them."""
        return self.hooks.with_statistics(weights)

    def run(self, position: Position, interrupt: Interrupt) -> str:
        """Train from `position` on; why it ended: `finished`, `interrupted`, or the reason of the callback that stopped it.

        Raises:
            CheckError: when the loss becomes NaN or infinite; nothing of that epoch is saved.
        """
        self.position = position
        self.callbacks.on_start(self)
        while (ended := self._ended(interrupt)) is None:
            started = time.perf_counter()
            if self._learn(interrupt):
                self.seconds = time.perf_counter() - started
                self.callbacks.on_learnt(self)
                position.figures = self._measure()
                self.callbacks.on_epoch_end(self)
        self._save()
        return ended

    def _ended(self, interrupt: Interrupt) -> str | None:
        """Why training is over; None while it goes on. A checkpoint that a callback asked for is written.

        A group saves and ends as the leading process's callbacks want it, whose clock counts; it also ends for a signal to any.
        """
        code = interrupt.exit_code
        if self.group.size > 1:
            self._reason, self._save_wanted = self.group.agree((self._reason, self._save_wanted))
            code = self.group.greatest(code or 0) or None  # a signal from now on counts the next time: others do not know of it
            interrupt.exit_code = interrupt.exit_code or code
        if self._save_wanted:
            self._save()
        if self._reason is not None:
            return self._reason
        if self.position.epoch >= self.epochs:
            return "finished"
        return None if code is None else "interrupted"

    def _learn(self, interrupt: Interrupt) -> bool:
        """The rest of an epoch; False when it was left before its end."""
        position = self.position
        plan = self._planned(position.epoch)
        self.module.train()
        asked = position.step
        try:
            for done in plan.run(self.step, position.step):
                position.step, self.learning_rate = done, plan.rates[done - 1]
                if done < len(plan.batches):
                    self.callbacks.on_steps(self)
                    if self.group.size > 1 and done - asked < STEPS_APART:
                        continue
                    asked = done
                    if self._ended(interrupt) is not None:
                        return False
        except Anomaly as anomaly:
            step = position.step + 1
            raise self._non_finite(anomaly.fact, position.epoch + 1, step, plan.rates[step - 1], anomaly.detail) from anomaly
        position.epoch, position.step = position.epoch + 1, 0
        return True

    def _planned(self, epoch: int) -> PlannedEpoch:
        """The steps of an epoch with their learning rates; for one that was planned before, the same ones."""
        factor = self._factors.setdefault(epoch, self.callbacks.rate_factor())
        return PlannedEpoch(epoch, self.plan.batches(epoch), [factor * rate for rate in self.plan.rates(epoch)], self.feed)

    def _save(self) -> None:
        self._save_wanted = False
        self.position.callbacks = self.callbacks.state()
        self.hooks.save(self.position)

    def _measure(self) -> dict[str, float | None]:
        self.group.follow(self.module.buffers())  # running statistics are each process's own within an epoch
        loss = self.step.epoch_loss()
        overflow = self.step.overflow
        self.skipped = None if overflow is None else overflow.skipped
        if overflow is not None and overflow.is_hopeless:
            fact = "no scale of the loss keeps the gradients finite in float16"
            raise self._non_finite(fact, self.epoch, None, self.learning_rate)
        self._refuse_non_finite("training", loss)
        validation = self.hooks.validate()
        if "loss" in validation:
            self._refuse_non_finite("validation", validation["loss"])
        return {"train.loss": loss, **{f"validation.{name}": value for name, value in validation.items()}}

    def _refuse_non_finite(self, part: str, loss: float | None) -> None:
        if loss is not None and math.isfinite(loss):
            return
        fact, cause = f"the {part} loss became NaN or infinite", self.hooks.find_cause(self._planned)
        if cause is None:
            raise self._non_finite(fact, self.epoch, None, self.learning_rate)
        detail = f"the largest gradient was that of `{cause.layer}`, with a norm of {cause.norm:.3g}"
        raise self._non_finite(fact, self.epoch, cause.step, cause.rate, detail)

    def _non_finite(self, fact: str, epoch: int, step: int | None, rate: float, detail: str = "") -> CheckError:
        smaller = self.training.optimizer.learning_rate / 10
        look = "" if self.training.anomaly else "; `--anomaly` looks at every layer in every step"
        help = f"try a smaller learning rate in `training.optimizer`, such as {smaller:.2g}; scale inputs and targets{look}"
        at = f"epoch {epoch}" if step is None else f"epoch {epoch}, step {step} of {len(self.plan.batches(epoch - 1))}"
        message = f"{fact} in {at}, at a learning rate of {rate:.3g}{f'; {detail}' if detail else ''}"
        return CheckError(message, code="non-finite-loss", help=help)
