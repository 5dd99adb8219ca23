"""Cross-validation from end to end: every fold a run, figures over all of them, and what they said about the rows they had not seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlpspec.compiler import build_graph
from mlpspec.data.dataset import Dataset
from mlpspec.data.hashes import refuse_changed_files
from mlpspec.data.sharing import SharedData
from mlpspec.diagnostics import DataError, Diagnostic, StoppedError, UsageError
from mlpspec.language.document import Document
from mlpspec.training.folds.fold import FOLDS, FoldResult, fold_document, fold_folder, fold_is_done, train_fold
from mlpspec.training.folds.held_out import HeldOut, held_out
from mlpspec.training.folds.predictions import check_place, write_predictions
from mlpspec.training.folds.spread import Spread, spreads
from mlpspec.training.interrupt import Interrupt
from mlpspec.training.progress import Progress, Silent, figures_text
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.resume import refuse_changes
from mlpspec.training.run_document import read_run_document
from mlpspec.training.run_files import versions
from mlpspec.training.run_folder import RUNS, RunFolder
from mlpspec.training.train import refuse_missing_validation
from mlpspec.training.workers import in_workers


@dataclass(frozen=True)
class CrossValidation:
    """A finished cross-validation.

    `folder` is the run folder, in which `folds/1`, `folds/2`, ... are normal ones; `figures` are by part and name, where `test` are the
    rows that a fold holds out; `predictions` is the file of the held-out rows with their answers.
    """

    folder: RunFolder
    folds: tuple[FoldResult, ...]
    figures: Mapping[str, Mapping[str, Spread]]
    predictions: Path
    seconds: float
    warnings: tuple[Diagnostic, ...] = ()


def cross_validate(
    document: Document,
    *,
    frame: Any = None,
    runs: Path = RUNS,
    progress: Callable[[], Progress] = Silent,
    resume: RunFolder | None = None,
    workers: int = 1,
    predictions: Path | None = None,
) -> CrossValidation:
    """Train a spec once for each of its folds, and leave a run folder with a run folder for each.

    Args:
        document: from `mlpspec.load`, with `folds` in `data.split`.
        frame: rows from memory instead of the file of `data:`.
        runs: where run folders go.
        progress: makes what shows how a fold goes; silent by default. With several workers only the ends of folds are told.
        resume: go on with this cross-validation: folds that are done are kept, one that was stopped goes on from its last checkpoint.
        workers: in how many processes folds are trained at once.
        predictions: the file of held-out rows, `.csv` or `.parquet`; `predictions.csv` in the run folder by default.

    Raises:
        UsageError: when the spec has no folds, or names one of them.
        DataError: when the data of any fold does not fit the spec; before the first fold is trained.
        SpecError, MachineError, CheckError: as `train` does; folds that are done stay.
        StoppedError: after a signal; the run is saved.
    """
    if predictions is not None:
        check_place(predictions)
    data = SharedData(frame)
    loaded, warnings = _check(document, data)
    if resume is not None:
        _check_resumable(resume, document, loaded)
    folder = resume or RunFolder.create(document.spec.name, runs, holding=FOLDS)
    return _Folds(document, data, folder, progress, workers, loaded, warnings).run(predictions or folder.path / "predictions.csv")


class _Folds:
    """A cross-validation on its way."""

    def __init__(
        self,
        document: Document,
        data: SharedData,
        folder: RunFolder,
        progress: Callable[[], Progress],
        workers: int,
        loaded: Dataset,
        warnings: tuple[Diagnostic, ...],
    ):
        self.document, self.data, self.folder, self.progress, self.workers = document, data, folder, progress, workers
        self.loaded, self.warnings = loaded, warnings
        self.count = document.spec.data.split.folds or 0
        self.started = time.time()

    def run(self, predictions: Path) -> CrossValidation:
        if not (self.folder.path / "spec.yaml").exists():
            self.folder.write_text("spec.yaml", self.document.tree.source.text)
            self.folder.write_text("spec.resolved.yaml", resolved_spec(self.document))
        self._write_info({"status": "running"})
        todo = [number for number in range(1, self.count + 1) if not self._is_done(number)]
        try:
            for number in self._trained(todo):
                self._tell(number)
        except StoppedError as error:
            self._write_info({"status": "stopped"})
            done = sum(map(self._is_done, range(1, self.count + 1)))
            message = f"stopped with {done} of {self.count} folds done; saved in {self.folder.path}"
            help = f"go on with `mlpspec train {self.document.tree.source.name} --resume {self.folder.path}`"
            raise StoppedError(message, exit_code=error.exit_code, help=help) from error
        except Exception as error:
            self._write_info({"status": "failed", "error": str(error)})
            raise
        return self._finish(predictions)

    def _trained(self, todo: list[int]) -> Iterator[int]:
        """Train folds; their numbers, each when it is done."""
        if self.workers > 1 and len(todo) > 1:
            arguments = (self.document, self.folder.path, self.data.frame)
            for number, _ in in_workers(_begin, arguments, todo, min(self.workers, len(todo))):
                yield number
            return
        with Interrupt() as interrupt:
            for number in todo:
                if interrupt.exit_code is not None:
                    raise StoppedError("stopped by a signal", exit_code=interrupt.exit_code)
                progress = self.progress()
                progress.note(f"fold {number} of {self.count}")
                train_fold(self.document, number, self.folder.path, self.data, progress)
                yield number

    def _is_done(self, number: int) -> bool:
        return fold_is_done(fold_document(self.document, number), fold_folder(self.folder.path, number))

    def _tell(self, number: int) -> None:
        result = FoldResult.read(self.folder.path, number)
        self.progress().note(f"fold {number} of {self.count}: {result.ended}; held out: {figures_text(result.figures['test'])}")

    def _finish(self, predictions: Path) -> CrossValidation:
        from mlpspec.training.folds.report import write_folds_report

        results = tuple(FoldResult.read(self.folder.path, number) for number in range(1, self.count + 1))
        answers: list[HeldOut] = [held_out(self.document, result, self.data) for result in results]
        write_predictions(answers, predictions, labels=_labels(self.data.frame))
        figures = spreads([result.figures for result in results])
        seconds = sum(result.seconds for result in results)
        outcome = {
            "figures": {part: {name: asdict(spread) for name, spread in found.items()} for part, found in figures.items()},
            "seconds": round(seconds, 3),
        }
        self._write_info({"status": "finished", **outcome})
        write_folds_report(self.folder, self.document, results, figures, answers, self.warnings)
        return CrossValidation(self.folder, results, figures, predictions, seconds, self.warnings)

    def _write_info(self, changes: Mapping[str, Any]) -> None:
        self.folder.write_json(
            "run.json",
            {
                "format": 1,
                "kind": "folds",
                "name": self.document.spec.name,
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
                "seed": self.document.spec.seed,
                "folds": self.count,
                "data": dict(self.loaded.hashes),
                "files": self.folder.seals(),
                "folder": str(self.document.folder),
                "spec_name": self.document.tree.source.name,
                "versions": versions(),
                **changes,
            },
        )


def _begin(document: Document, parent: Path, frame: Any) -> Callable[[int], None]:
    """What a worker does with the number of a fold."""
    return partial(train_fold, document, parent=parent, data=SharedData(frame))


def _check(document: Document, data: SharedData) -> tuple[Dataset, tuple[Diagnostic, ...]]:
    """The data of the last fold, and the warnings of all; nothing is trained before the data of every fold is known to fit."""
    split = document.spec.data.split
    if split.folds is None:
        raise UsageError("the spec has no folds", help="write e.g. `data: {split: {folds: 5}}`, or pass --folds 5")
    if split.fold is not None:
        raise UsageError(f"the spec chooses fold {split.fold}, which is one run", help="leave `fold` out to train all folds")
    loaded, warnings, problems = None, list(document.warnings), []
    for number in range(1, split.folds + 1):
        one = fold_document(document, number)
        try:
            loaded = data.dataset(one)
            refuse_missing_validation(one, loaded)
            build_graph(one, loaded.preprocessing.facts)
        except DataError as error:
            problems += error.diagnostics
        else:
            warnings += loaded.warnings
    if problems or loaded is None:
        raise DataError(dict.fromkeys(problems))
    return loaded, tuple(dict.fromkeys(warnings))


def _check_resumable(run: RunFolder, document: Document, loaded: Dataset) -> None:
    info = run.info()
    refuse_changes(read_run_document(run), document)
    refuse_changed_files(info.get("data"), loaded.hashes, "the run began", "restore the data, or train anew")


def _labels(frame: Any) -> list[Any] | None:
    """The labels of a pandas frame's rows, None for data that has none."""
    return frame.index.tolist() if hasattr(frame, "iloc") else None
