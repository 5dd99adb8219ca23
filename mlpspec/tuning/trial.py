"""One trial: the spec with its values, trained and measured."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from mlpspec.compiler import check
from mlpspec.data.sharing import SharedData
from mlpspec.diagnostics import CheckError, DataError, SpecError
from mlpspec.ir.callback import Callback, Run
from mlpspec.language.document import Document
from mlpspec.passes.search_space import Dimension, with_values, without_tuning
from mlpspec.training.folds.fold import fold_document
from mlpspec.training.result import TrainingResult
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.train import train
from mlpspec.tuning.study import Running, Study
from mlpspec.tuning.trials import Trial

TRIALS = "trials"
"""The folder of trials that are under way; what is worth keeping of a trial is in the study."""

MOST_REPORTS = 20
"""How often a trial tells the study how it does, at most: every word is written to disk at once."""

PRUNED = "pruned"


class NoFigure(Exception):
    """A trial came to no figure; the message says why."""


@dataclass(frozen=True)
class Experiment:
    """All that trials have in common."""

    document: Document
    space: Sequence[Dimension]
    study: Study
    data: SharedData
    folder: Path

    def run(self, ticket: int) -> Trial:
        """Do the next trial, and give it back as the study has it.

        What is wrong with its combination of values ends the trial, not the search: a spec that contradicts itself, data that does not
        suit it, a loss that is no number, memory that does not suffice.

        Raises:
            StoppedError: after a signal; the trial is queued again.
            MachineError: when the device, the disk or a package is missing.
        """
        trial = self.study.ask(ticket)
        place = self.folder / TRIALS / str(trial.number)
        try:
            trial.finish(self._objective(trial, place))
        except _Pruned:
            trial.prune()
        except (SpecError, DataError, CheckError) as error:
            trial.fail(error.diagnostics[0].message)
        except NoFigure as error:
            trial.fail(str(error))
        except MemoryError as error:
            trial.fail(f"memory does not suffice: {error}")
        except BaseException as error:
            if _is_out_of_memory(error):
                trial.fail("the device's memory does not suffice")
            else:
                trial.interrupt()
                raise
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return self.study.trials()[trial.number - 1]

    def _objective(self, trial: Running, place: Path) -> float:
        """The figure of the kept weights; with folds the mean over them."""
        twin = self._twin(trial)
        if twin is not None:
            return twin
        tree = without_tuning(with_values(self.document, self.space, trial.values))
        document = check(tree, self.document.folder, allow_outside=self.document.allow_outside)
        split = document.spec.data.split
        if split.folds is None or split.fold is not None:
            return self._figure(document, place, [Report(trial, self._name, document.spec.training.epochs)])
        found: list[float] = []
        for number in range(1, split.folds + 1):
            found.append(self._figure(fold_document(document, number), place, []))
            if trial.report(number, fmean(found)) and number < split.folds:
                raise _Pruned
        return fmean(found)

    def _figure(self, document: Document, place: Path, callbacks: list[Callback]) -> float:
        result = train(document, dataset=self.data.dataset(document), folder=RunFolder.create_at(place), callbacks=callbacks)
        if result.ended == PRUNED:
            raise _Pruned
        return measured(result, self._name)

    def _twin(self, trial: Running) -> float | None:
        """The figure of an earlier trial of the same values: the same spec gives the same weights."""
        same = (one for one in self.study.trials() if one.state == "finished" and dict(one.values) == trial.values)
        return next((one.objective for one in same), None)

    @property
    def _name(self) -> str:
        tuning = self.document.spec.tuning
        assert tuning is not None
        return tuning.objective


class Report(Callback):
    """Tells the study how a trial does, and ends the trial when the study gives it up."""

    def __init__(self, trial: Running, name: str, epochs: int):
        self.trial, self.name = trial, name
        self.interval = math.ceil(epochs / MOST_REPORTS)

    def on_epoch_end(self, run: Run) -> None:
        """Every so many epochs."""
        value = run.figures.get(self.name)
        if run.epoch % self.interval or value is None or not math.isfinite(value):
            return
        if self.trial.report(run.epoch, value) and run.epoch < run.epochs:
            run.stop(PRUNED)


def measured(result: TrainingResult, name: str) -> float:
    """A figure such as `validation.accuracy` of a run's best weights.

    Raises:
        NoFigure: when it is undefined.
    """
    part, _, figure = name.partition(".")
    value = result.figures[part][figure]
    if value is None or not math.isfinite(value):
        raise NoFigure(f"`{name}` is undefined")
    return value


class _Pruned(Exception):
    """The study has given the trial up."""


def _is_out_of_memory(error: BaseException) -> bool:
    import torch

    return isinstance(error, torch.OutOfMemoryError)


def begin(document: Document, folder: Path, frame: object) -> Callable[[int], Trial]:
    """What a process does with a ticket, once it has opened the study."""
    return experiment(document, folder, SharedData(frame)).run


def experiment(document: Document, folder: Path, data: SharedData) -> Experiment:
    """Open the study in a folder."""
    from mlpspec.passes.search_space import dimensions

    spec = document.spec
    assert spec.tuning is not None
    space = dimensions(document, lambda tree: check(tree, document.folder, allow_outside=document.allow_outside))
    split = spec.data.split
    steps = spec.training.epochs if split.folds is None or split.fold is not None else split.folds
    return Experiment(document, space, Study(folder, spec.tuning, space, epochs=steps, seed=spec.seed), data, folder)
