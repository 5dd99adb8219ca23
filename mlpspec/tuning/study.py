"""The study: what has been tried, in one journal file that several processes append to. Optuna keeps it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from mlpspec.diagnostics import ModelFileError, SpecError
from mlpspec.language.sections.tuning import Tuning
from mlpspec.passes.search_space import Dimension
from mlpspec.tuning.evolution import GENERATION, propose
from mlpspec.tuning.trials import State, Trial

JOURNAL = "study.journal"
NAME = "study"

ERROR, INTERRUPTED = "error", "interrupted"
"""Attributes of trials that did not come to a figure."""

MOST_COMBINATIONS = 100_000
"""A larger grid is not written into a journal."""

_STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


class Study:
    """The trials of one search.

    Args:
        folder: the run folder of the study, in which its journal lies.
        tuning: the section of the spec.
        space: its dimensions.
        epochs: how many epochs a trial has, for the pruner.
        seed: of the spec, where the section has none.
    """

    def __init__(self, folder: Path, tuning: Tuning, space: Sequence[Dimension], *, epochs: int, seed: int):
        optuna.logging.set_verbosity(optuna.logging.ERROR)  # what it would say is said by the command
        self.folder, self.tuning, self.space = folder, tuning, space
        self.seed = seed if tuning.seed is None else tuning.seed
        self.distributions = {dimension.name: distribution(dimension) for dimension in space}
        with _readable(folder / JOURNAL):
            self._storage = JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=NAME,
                direction="minimize" if tuning.goal == "min" else "maximize",
                sampler=optuna.samplers.RandomSampler(seed=0),
                pruner=_pruner(tuning, epochs),
                load_if_exists=True,
            )
            right = StudyDirection.MINIMIZE if tuning.goal == "min" else StudyDirection.MAXIMIZE
            if self._study.direction != right:
                raise ValueError("it looks for the other end of the figure")

    def begin(self) -> None:
        """Make a new study ready: a grid's combinations are queued."""
        if self.tuning.sampler == "grid":
            for values in grid(self.space, self.seed, self.tuning.trials):
                self._study.enqueue_trial(values)

    def go_on(self) -> None:
        """Make a study ready that was stopped: trials that were under way are queued again. No other process may be at it."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._interrupt(trial._trial_id, trial.number, trial.params, trial.user_attrs)

    def trials(self) -> list[Trial]:
        """All trials, in the order of their numbers.

        Raises:
            ModelFileError: when the journal is damaged.
        """
        with _readable(self.folder / JOURNAL):
            return [_read(trial) for trial in self._study.get_trials(deepcopy=False)]

    def ask(self, ticket: int) -> Running:
        """Begin the next trial. `ticket` numbers all that were begun: another one draws other random numbers."""
        if self.tuning.sampler == "cmaes" and not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            values, generation = propose(self.space, self.trials(), self.seed, ticket, goal=self.tuning.goal)
            self._study.enqueue_trial(values, user_attrs={GENERATION: generation})
        self._study.sampler = _sampler(self.tuning, self.seed, ticket)
        trial = self._study.ask(self.distributions)
        return Running(self, trial)

    def _interrupt(self, trial_id: int, number: int, values: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        """End a trial that came to nothing, and queue its values."""
        self._storage.set_trial_user_attr(trial_id, INTERRUPTED, True)
        self._study.tell(number, state=TrialState.FAIL)
        if values:
            self._study.enqueue_trial(dict(values), user_attrs=dict(attributes))

    def importances(self) -> dict[str, float]:
        """The share of the differences between good trials that each parameter explains, largest first; empty with too few trials.

        Source: PED-ANOVA, Watanabe et al. 2023, in Optuna.
        """
        finished = [trial for trial in self.trials() if trial.state == "finished"]
        if len(finished) < 4 or len({trial.objective for trial in finished}) < 2:
            return {}
        try:
            return {name: float(share) for name, share in optuna.importance.get_param_importances(self._study).items()}
        except (RuntimeError, ValueError):  # too few trials differ in too few parameters
            return {}


class Running:
    """A trial on its way."""

    def __init__(self, study: Study, trial: optuna.Trial):
        self._study, self._trial = study, trial
        self.number = trial.number + 1
        self.values: dict[str, Any] = dict(trial.params)

    def report(self, step: int, value: float) -> bool:
        """Take down the objective after a step (an epoch); whether the trial should be given up."""
        self._trial.report(value, step)
        return self._trial.should_prune()

    def finish(self, value: float) -> None:
        """It came to its figure."""
        self._study._study.tell(self._trial, value)

    def prune(self) -> None:
        """It was given up."""
        self._study._study.tell(self._trial, state=TrialState.PRUNED)

    def fail(self, error: str) -> None:
        """It came to no figure, and `error` says why."""
        self._trial.set_user_attr(ERROR, error)
        self._study._study.tell(self._trial, state=TrialState.FAIL)

    def interrupt(self) -> None:
        """It was stopped, and is to be tried again when the study goes on."""
        self._study._interrupt(self._trial._trial_id, self._trial.number, self.values, self._trial.user_attrs)


def distribution(dimension: Dimension) -> BaseDistribution:
    """A dimension in Optuna's words."""
    if dimension.choices:
        return CategoricalDistribution(dimension.labels)
    low, high = dimension.ends
    if dimension.whole:
        return IntDistribution(int(low), int(high), log=dimension.log, step=int(dimension.step or 1))
    return FloatDistribution(low, high, log=dimension.log, step=dimension.step)


def grid(space: Sequence[Dimension], seed: int, most: int) -> list[dict[str, Any]]:
    """The combinations of all values, shuffled, at most `most` of them.

    Raises:
        SpecError: when there are more than `MOST_COMBINATIONS`.
    """
    total = math.prod(dimension.count or 1 for dimension in space)
    if total > MOST_COMBINATIONS:
        raise SpecError(f"the grid of `tuning` has {total:,} combinations", help="use larger steps, or `sampler: tpe`")
    combinations = list(product(*map(_points, space)))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(total)[:most]
    return [dict(zip((dimension.name for dimension in space), combinations[place], strict=True)) for place in order]


def _points(dimension: Dimension) -> list[Any]:
    if dimension.choices:
        return list(dimension.labels)
    low, _ = dimension.ends
    step = dimension.step or 1.0
    points = [low + step * place for place in range(dimension.count or 1)]
    return [int(point) for point in points] if dimension.whole else points


def _sampler(tuning: Tuning, seed: int, ticket: int) -> optuna.samplers.BaseSampler:
    """A sampler that depends on the study and the ticket alone, not on which process asks."""
    [number] = np.random.SeedSequence([seed, ticket]).generate_state(1)
    if tuning.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=int(number))
    return optuna.samplers.RandomSampler(seed=int(number))


def _pruner(tuning: Tuning, epochs: int) -> optuna.pruners.BasePruner:
    if tuning.pruner == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 10))
    if tuning.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=max(epochs, 3), reduction_factor=3)
    return optuna.pruners.NopPruner()


def _read(trial: FrozenTrial) -> Trial:
    state = _STATES[trial.state]
    if trial.user_attrs.get(INTERRUPTED):
        state = "interrupted"
    curve = tuple((step, value) for step, value in sorted(trial.intermediate_values.items()) if math.isfinite(value))
    seconds = None if trial.duration is None else trial.duration.total_seconds()
    generation = trial.user_attrs.get(GENERATION)
    return Trial(
        trial.number + 1,
        state,
        dict(trial.params),
        trial.value if state == "finished" else None,
        curve,
        seconds,
        str(trial.user_attrs.get(ERROR, "")),
        generation if isinstance(generation, int) else None,
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what a damaged journal leads to into the ModelFileError that names it."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        message = f"the study cannot be read: {error}"
        raise ModelFileError(message, code="invalid-run", place=str(path), help="restore the file, or begin a new study") from error


def mend(path: Path) -> None:
    """Cut off a last line that a killed process left half written, and remove its lock."""
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if not path.is_file():
        return
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
