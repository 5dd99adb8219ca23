"""The Python API: what the commands do, for a program. Errors are exceptions that carry the same diagnostics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpspec import compiler
from mlpspec.language.document import Document

if TYPE_CHECKING:
    from torch import fx

    from mlpspec.exporting.export import ExportResult
    from mlpspec.ir.callback import Callback
    from mlpspec.training.folds.cross_validate import CrossValidation
    from mlpspec.training.progress import Progress
    from mlpspec.training.result import TrainingResult
    from mlpspec.tuning.tune import TuningResult


def load(source: str | Path | Mapping[str, Any], *, settings: Sequence[str] = (), allow_outside: bool = False) -> Document:
    """Read and check a spec (a path, or the spec as a mapping); all its mistakes at once. See `mlpspec.compiler.load`."""
    return compiler.load(source, settings=settings, allow_outside=allow_outside)


def compile(document: Document, frame: Any = None) -> fx.GraphModule:  # the word of the trade
    """The network of a spec as a torch module, freshly initialized. Its sizes come from `frame`, or from the data that the spec names.

    Its forward takes one tensor for each input, encoded, and returns a dict from target to the head's output.

    Raises:
        DataError: when the data does not fit the spec.
    """
    from mlpspec.data.load import load_data_of

    dataset = load_data_of(document, frame=frame)
    return compiler.compile(document, dataset.preprocessing.facts)


def train(
    document: Document,
    *,
    frame: Any = None,
    runs: str | Path = "runs",
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Train the model of a spec and leave a run folder. See `mlpspec.training.train.train`."""
    from mlpspec.training.train import train as run_training

    return run_training(document, frame=frame, runs=Path(runs), progress=progress, callbacks=callbacks)


def cross_validate(
    document: Document, *, frame: Any = None, runs: str | Path = "runs", resume: str | Path | None = None, workers: int = 1
) -> CrossValidation:
    """Train a spec once for each of its folds. See `mlpspec.training.folds.cross_validate.cross_validate`."""
    from mlpspec.training.folds.cross_validate import cross_validate as run_folds
    from mlpspec.training.run_folder import RunFolder

    again = None if resume is None else RunFolder.open(resume)
    return run_folds(document, frame=frame, runs=Path(runs), resume=again, workers=workers)


def tune(
    document: Document,
    *,
    frame: Any = None,
    runs: str | Path = "runs",
    workers: int = 1,
    resume: str | Path | None = None,
    output: str | Path | None = None,
) -> TuningResult:
    """Search for the values that `tuning:` of a spec speaks of. See `mlpspec.tuning.tune.tune`."""
    from mlpspec.training.run_folder import RunFolder
    from mlpspec.tuning.tune import tune as run_search

    again, place = None if resume is None else RunFolder.open(resume), None if output is None else Path(output)
    return run_search(document, frame=frame, runs=Path(runs), workers=workers, resume=again, output=place)


def export(
    run: TrainingResult | CrossValidation | str | Path,
    output: str | Path | None = None,
    *,
    settings: Sequence[str] = (),
    frame: Any = None,
    allow_outside: bool = False,
    ensemble: bool = False,
) -> ExportResult:
    """Write a run as one ONNX file, proved before it gets its name. See `mlpspec.exporting.export.export`.

    `settings=["export.precision=int8"]` writes its network at another precision, `["export.calibrate=temperature"]` with probabilities that
    fit the validation rows. `ensemble=True` writes all folds of a cross-validation as one file that gives the mean of their answers.
    """
    from mlpspec.training.run_folder import RunFolder

    folder = RunFolder.open(run) if isinstance(run, str | Path) else run.folder
    path = None if output is None else Path(output)
    if ensemble:
        from mlpspec.exporting.ensemble.export import export_ensemble as write
    else:
        from mlpspec.exporting.export import export as write
    return write(folder, path, settings=settings, frame=frame, allow_outside=allow_outside)
