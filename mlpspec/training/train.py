"""Training from end to end: data, network, loop, run folder. Data and shapes are checked before torch is imported."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mlpspec.compiler import build_graph
from mlpspec.data.dataset import Dataset
from mlpspec.data.load import load_data_of
from mlpspec.diagnostics import DataError, Diagnostic, UsageError
from mlpspec.ir.callback import Callback
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.training.group import Group
from mlpspec.training.progress import Progress, Silent
from mlpspec.training.result import TrainingResult
from mlpspec.training.resume import check_preprocessing, check_resumable
from mlpspec.training.run_folder import RUNS, RunFolder
from mlpspec.training.tracking import refuse_missing_packages


def train(
    document: Document,
    *,
    frame: Any = None,
    runs: Path = RUNS,
    progress: Progress | None = None,
    resume: RunFolder | None = None,
    callbacks: Sequence[Callback] = (),
    dataset: Dataset | None = None,
    folder: RunFolder | None = None,
    group: Group | None = None,
) -> TrainingResult:
    """Train the model of a checked spec and leave a run folder.

    Args:
        document: from `mlpspec.load`.
        frame: rows from memory instead of the files of `data:`: a pandas, polars or pyarrow frame, or a mapping from names to arrays.
        runs: where run folders go.
        progress: what shows how it goes; silent by default.
        resume: go on with this run from its last checkpoint. The weights become, bit for bit, those of a run that never stopped.
        callbacks: what else happens while training runs, told after the spec's own callbacks.
        dataset: the data of the spec, where the caller has it already (see `SharedData`).
        folder: a new run folder that was made for this run, instead of one below `runs`.
        group: the processes that train the model together; each of them makes this call. Alone by default.

    Raises:
        UsageError: when the spec asks for all of several folds; `cross_validate` trains those.
        DataError: when the data does not fit the spec, or has changed since `resume` began; all that is wrong at once.
        SpecError: when the spec is not the one that `resume` was trained with.
        MachineError: when the device or the run folder cannot be had.
        CheckError: when the loss becomes NaN or infinite.
        StoppedError: after a signal; the run is saved.
    """
    spec = document.spec
    if spec.data.split.folds is not None and spec.data.split.fold is None:
        help = "train them with `cross_validate`, or choose one with `fold` beside `folds`"
        raise UsageError(f"the spec asks for {spec.data.split.folds} folds, which are as many runs", help=help)
    refuse_missing_packages(spec.training.logging)
    group = group or Group()

    def prepare() -> tuple[Dataset, Graph]:
        check = (lambda hashes: None) if resume is None else partial(check_resumable, resume, document)
        if dataset is not None:
            check(dataset.hashes)
        say = (progress or Silent()).note if group.leads else lambda text: None
        loaded = dataset or load_data_of(document, frame=frame, say=say, check=check)
        refuse_missing_validation(document, loaded)
        graph = build_graph(document, loaded.preprocessing.facts)
        if resume is not None:
            check_preprocessing(resume, loaded)
        return loaded, graph

    loaded, graph = group.together(prepare)
    make = partial(RunFolder.create, spec.name, runs) if folder is None else lambda: folder
    from mlpspec.training.run import TrainingRun

    return TrainingRun(document, loaded, graph, make, progress or Silent(), callbacks, resume, group).run()


def refuse_missing_validation(document: Document, dataset: Dataset) -> None:
    """A column of parts may turn out to have no validation rows.

    Raises:
        DataError: when a callback watches them.
    """
    if "validation" in dataset.parts:
        return
    problems = [
        Diagnostic("bad-split", f"`{entry.kind}` watches `{entry.monitored}`, and the data has no validation rows", help=_NO_VALIDATION)
        for entry in document.spec.training.all_callbacks
        if (entry.monitored or "").startswith("validation.")
    ]
    if problems:
        raise DataError(problems)


_NO_VALIDATION = "mark validation rows, or watch `train.loss`"
