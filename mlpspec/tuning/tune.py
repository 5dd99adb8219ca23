"""Tuning from end to end: a study, its trials in one or several processes, the best spec, a report."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlpspec.atomic import write_atomically
from mlpspec.data.hashes import refuse_changed_files
from mlpspec.data.sharing import SharedData
from mlpspec.diagnostics import CheckError, Diagnostic, ModelFileError, SpecError, StoppedError, UsageError
from mlpspec.language.document import Document
from mlpspec.language.writer import plain
from mlpspec.training.folds.fold import fold_document
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.resume import differences, refuse_changes
from mlpspec.training.run_document import read_run_document
from mlpspec.training.run_files import versions
from mlpspec.training.run_folder import RUNS, RunFolder
from mlpspec.training.train import refuse_missing_validation
from mlpspec.training.workers import in_workers
from mlpspec.tuning.best_spec import best_spec
from mlpspec.tuning.extra import require_tuning
from mlpspec.tuning.trials import COUNTED, Trial, best_of, tally

TUNING = "tuning"
"""The folder of studies, among the runs of a model."""

BEST = "best.yaml"

HARMLESS = (("name",), ("vars",), ("export",), ("tuning",), ("training", "device"), ("training", "checkpoint"))
"""What may change in a spec when its study goes on; `tuning` is looked at by itself."""

CHANGEABLE = ("trials", "seconds", "pruner")
"""What may change in `tuning` when a study goes on: it does not alter what its trials mean."""

Tell = Callable[[Trial, Trial | None], None]
"""Is told of every trial that has ended, and of the best one so far."""


@dataclass(frozen=True)
class TuningResult:
    """A study that came to its end.

    `spec` is the file of the best spec; `is_own_text` says whether it is the author's text with other values in it, rather than the
    resolved spec.
    """

    folder: RunFolder
    trials: tuple[Trial, ...]
    best: Trial
    importances: Mapping[str, float]
    spec: Path
    is_own_text: bool
    ended: str
    seconds: float
    warnings: tuple[Diagnostic, ...] = ()


def tune(
    document: Document,
    *,
    frame: Any = None,
    runs: Path = RUNS,
    workers: int = 1,
    resume: RunFolder | None = None,
    output: Path | None = None,
    tell: Tell = lambda _trial, _best: None,
) -> TuningResult:
    """Search for the values of `tuning:` that make the objective best.

    Args:
        document: from `mlpspec.load`, with a `tuning:` section.
        frame: rows from memory instead of the files of `data:`.
        runs: where run folders go; a study goes into `<name>/tuning/`.
        workers: in how many processes trials run at once. With one, the same seed gives the same trials.
        resume: go on with this study.
        output: the file of the best spec; `best.yaml` in the study's folder by default.
        tell: is told of every trial that has ended.

    Raises:
        UsageError: when the spec has no `tuning:`, or the study has all its trials already, or is being worked at.
        SpecError: when the spec is not the one that `resume` began with.
        DataError: when the data does not fit the spec, before the first trial.
        MachineError: when a package, the device or the folder cannot be had.
        CheckError: when no trial came to a figure.
        StoppedError: after a signal; the study can go on.
    """
    tuning = document.spec.tuning
    if tuning is None:
        help = "write e.g. `tuning: {maximize: validation.accuracy, parameters: {training.batch_size: {choices: [16, 32, 64]}}}`"
        raise UsageError("the spec has no `tuning:` section, so there is nothing to tune", help=help)
    require_tuning(tuning.sampler)
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent} for the best spec", help="make it, or choose another place")
    data = SharedData(frame)
    loaded = _load(document, data)
    if resume is not None:
        _check_resumable(resume, document, loaded.hashes)
    folder = resume or RunFolder.create(f"{document.spec.name}/{TUNING}", runs, holding="trials")
    warnings = (*document.warnings, *loaded.warnings)
    search = _Search(document, data, folder, workers, loaded.hashes, tell, resumed=resume is not None, warnings=warnings)
    return search.run(output or folder.path / BEST)


class _Search:
    """A study on its way."""

    def __init__(
        self,
        document: Document,
        data: SharedData,
        folder: RunFolder,
        workers: int,
        hashes: Mapping[str, str],
        tell: Tell,
        *,
        resumed: bool,
        warnings: tuple[Diagnostic, ...],
    ):
        assert document.spec.tuning is not None
        self.document, self.data, self.folder, self.workers = document, data, folder, workers
        self.tuning, self.hashes, self.tell, self.resumed, self.warnings = document.spec.tuning, hashes, tell, resumed, warnings
        self.started = time.time()
        self.ended = "finished"

    def run(self, output: Path) -> TuningResult:
        from mlpspec.tuning.study import JOURNAL, mend
        from mlpspec.tuning.trial import TRIALS, experiment

        if self.resumed:
            mend(self.folder.path / JOURNAL)
            shutil.rmtree(self.folder.path / TRIALS, ignore_errors=True)  # of trials that a killed process left behind
        else:
            self.folder.write_text("spec.yaml", self.document.tree.source.text)
            self.folder.write_text("spec.resolved.yaml", resolved_spec(self.document))
        self._write_info({"status": "running"})
        self.experiment = experiment(self.document, self.folder.path, self.data)
        self.study = self.experiment.study
        self.study.go_on() if self.resumed else self.study.begin()
        self._refuse_complete()
        try:
            for trial in self._trials():
                self.tell(trial, best_of(self.study.trials(), self.tuning.goal))
        except StoppedError as error:
            self._write_info({"status": "stopped"})
            done = sum(tally(self.study.trials()).values())
            message = f"stopped after {done} of {self.tuning.trials} trials; the study is saved in {self.folder.path}"
            help = f"go on with `mlpspec tune {self.document.tree.source.name} --resume {self.folder.path}`"
            if best_of(self.study.trials(), self.tuning.goal) is not None:
                self._finish(output, "stopped")
                help += f"; the best spec so far is {output}"
            raise StoppedError(message, exit_code=error.exit_code, help=help) from error
        except Exception as error:
            self._write_info({"status": "failed", "error": str(error)})
            raise
        return self._finish(output, "finished")

    def _refuse_complete(self) -> None:
        done = sum(tally(self.study.trials()).values())
        if done >= self.tuning.trials:
            self._write_info({"status": "finished"})
            help = f"go on with more: `--trials {done + self.tuning.trials}`"
            raise UsageError(f"the study {self.folder.path} is already complete: {done} trials", help=help)

    def _trials(self) -> Iterator[Trial]:
        """Run trials until there are enough; each when it has ended."""
        from mlpspec.tuning.trial import begin

        before = self.study.trials()
        if self.workers > 1:
            arguments = (self.document, self.folder.path, self.data.frame)
            for _, trial in in_workers(begin, arguments, self._tickets(before), self.workers):
                yield trial
            return
        with Interrupt() as interrupt:
            for ticket in self._tickets(before):
                if interrupt.exit_code is not None:
                    raise StoppedError("stopped by a signal", exit_code=interrupt.exit_code)
                yield self.experiment.run(ticket)

    def _tickets(self, before: Sequence[Trial]) -> Iterator[int]:
        """A number for each trial that may begin: it counts all that were begun, so that going on draws new random numbers."""
        begun = sum(trial.state != "waiting" for trial in before)
        wanted = self.tuning.trials - sum(trial.state in COUNTED for trial in before)
        if self.tuning.sampler == "grid":
            wanted = min(wanted, sum(trial.state == "waiting" for trial in before))
        for ticket in range(begun, begun + wanted):
            over = self.tuning.seconds is not None and time.time() - self.started > self.tuning.seconds
            if over and ticket > begun:  # one trial at least
                self.ended = f"the time of {self.tuning.seconds:g} s was over"
                return
            yield ticket

    def _finish(self, output: Path, status: str) -> TuningResult:
        from mlpspec.tuning.report import write_tuning_report

        trials = tuple(self.study.trials())
        best = best_of(trials, self.tuning.goal)
        seconds = time.time() - self.started
        if best is None:
            reasons = dict.fromkeys(trial.error for trial in trials if trial.error)
            self._write_info({"status": "failed", "trials": tally(trials)})
            message = f"none of {sum(tally(trials).values())} trials came to a figure"
            help = f"the first reason: {next(iter(reasons))}" if reasons else "try other values"
            raise CheckError(message, help=help)
        text, own = best_spec(self.document, self.experiment.space, best.values, output)
        with write_atomically(output) as file:
            file.write(text.encode())
        importances = self.study.importances()
        outcome = {
            "ended": self.ended,
            "trials": tally(trials),
            "best": {"trial": best.number, "values": dict(best.values), self.tuning.objective: best.objective},
            "importances": importances,
            "seconds": round(seconds, 3),
        }
        self._write_info({"status": status, **outcome})
        write_tuning_report(self.folder, self.document, self.experiment.space, trials, importances, seconds, text, self.warnings)
        return TuningResult(self.folder, trials, best, importances, output, own, self.ended, seconds, self.warnings)

    def _write_info(self, changes: Mapping[str, Any]) -> None:
        self.folder.write_json(
            "run.json",
            {
                "format": 1,
                "kind": TUNING,
                "name": self.document.spec.name,
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
                "process": os.getpid(),
                "tuning": plain(self.tuning, complete=True),
                "workers": self.workers,
                "data": dict(self.hashes),
                "files": self.folder.seals(),
                "folder": str(self.document.folder),
                "spec_name": self.document.tree.source.name,
                "versions": {**versions(), "optuna": _optuna_version()},
                **changes,
            },
        )


@dataclass(frozen=True)
class _Loaded:
    """What is known of the data before the first trial."""

    hashes: Mapping[str, str]
    warnings: tuple[Diagnostic, ...]


def _load(document: Document, data: SharedData) -> _Loaded:
    """See that the data fits the spec as it is written; trials may say otherwise of their own values."""
    split = document.spec.data.split
    one = document if split.folds is None or split.fold is not None else fold_document(document, 1)
    dataset = data.dataset(one)
    refuse_missing_validation(one, dataset)
    return _Loaded(dataset.hashes, dataset.warnings)


def _check_resumable(run: RunFolder, document: Document, hashes: Mapping[str, str]) -> None:
    """Let a study go on only as what it was."""
    info = run.info()
    if info.get("kind") != TUNING:
        raise UsageError(f"{run.path} is no study", help=f"studies lie in runs/{document.spec.name}/{TUNING}/")
    if info.get("status") == "running" and _is_alive(info.get("process")):
        raise UsageError(f"process {info['process']} is at work on {run.path}", help="wait for it, or stop it")
    refuse_changes(read_run_document(run), document, HARMLESS)
    was, now = info.get("tuning"), plain(document.spec.tuning, complete=True)
    if not isinstance(was, dict):
        raise ModelFileError("run.json of the study lacks `tuning`", code="invalid-run", place=str(run.path / "run.json"))
    changes = [
        document.diagnostic(
            "invalid-run", f"`tuning.{'.'.join(map(str, path))}` was {old} when the study began, now it is {new}", ("tuning", *path)
        )
        for path, old, new in differences(was, now)
        if path[0] not in CHANGEABLE
    ]
    if changes:
        raise SpecError(replace(change, help="begin a new study, or give the spec back what it was") for change in changes)
    refuse_changed_files(info.get("data"), hashes, "the study began", "restore the data, or begin a new study")


def _is_alive(process: Any) -> bool:
    if not isinstance(process, int) or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _optuna_version() -> str:
    from importlib.metadata import version

    return version("optuna")
