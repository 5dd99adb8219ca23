"""`mlpspec train`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned, figure
from mlpspec.diagnostics import UsageError

if TYPE_CHECKING:
    from mlpspec.language.document import Document
    from mlpspec.training.progress import Progress
    from mlpspec.training.run_folder import RunFolder


@command(
    "train",
    examples="mlpspec train specs/penguins.yaml\nmlpspec train specs/penguins.yaml --set training.epochs=5 --set vars.width=128\n"
    "mlpspec train specs/penguins.yaml --folds 5",
)
@click.argument("spec")
@setting_option
@outside_option
@click.option(
    "--resume", is_flag=False, flag_value="newest", metavar="[RUN]", help="Go on with this run, or with the newest of the spec's name."
)
@click.option("--anomaly", is_flag=True, help="Look at every number of every step, and name the first layer where one is not finite.")
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where run folders go.")
@click.option(
    "--folds", type=int, metavar="N", help="Cross-validate: train N times, each time with other rows held out (data.split.folds)."
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="How many folds are trained at once.")
@click.option("--devices", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that share every batch: one a GPU.")
@click.option("--predictions", type=click.Path(path_type=Path), metavar="FILE", help="Where answers to held-out rows go: CSV or Parquet.")
def main(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    allow_outside: bool,
    resume: str | None,
    anomaly: bool,
    runs: Path,
    folds: int | None,
    workers: int,
    devices: int,
    predictions: Path | None,
) -> int | None:
    """Train the model of a spec; leaves a run folder with weights, metrics and a report."""
    from mlpspec.compiler import load
    from mlpspec.training.progress import progress_for
    from mlpspec.training.run_document import refuse_several
    from mlpspec.training.run_folder import RunFolder

    settings = (*settings, *([] if folds is None else [f"data.split.folds={folds}"]), *(["training.anomaly=true"] if anomaly else []))
    document = load(spec, settings=settings, allow_outside=allow_outside)
    run = None
    if resume is not None:
        run = RunFolder.open(runs / document.spec.name / "latest" if resume == "newest" else resume)
        earlier = run.info().get("folds")
        if isinstance(earlier, int) and document.spec.data.split.folds is None:
            document = load(spec, settings=(*settings, f"data.split.folds={earlier}"), allow_outside=allow_outside)
    output.warnings(document.warnings)
    split = document.spec.data.split
    several = split.folds is not None and split.fold is None
    progress = partial(progress_for, quiet=output.quiet or output.json, one_of_many=several)
    if several:
        if devices > 1:
            raise UsageError("folds are trained side by side with --workers, not with --devices", help="pass --workers instead")
        _folds(output, document, runs, progress, run, workers, predictions)
        return None
    if run is not None:
        refuse_several(run)
    if workers > 1 or predictions is not None:
        raise UsageError("--workers and --predictions are for folds", help="pass --folds 5, or write `folds: 5` into `data.split`")
    if devices > 1:
        return _launched(output, spec, settings, allow_outside, None if run is None else str(run.path), runs, devices)
    _single(output, document, runs, progress, run)
    return None


def _launched(output: Output, spec: str, settings: Sequence[str], allow_outside: bool, resume: str | None, runs: Path, devices: int) -> int:
    """This command once for each process."""
    from mlpspec.training.launch import launch

    arguments = ["train", spec, *(f"--set={setting}" for setting in settings), f"--runs={runs}"]
    arguments += [f"--resume={resume}"] if resume is not None else []
    arguments += [flag for flag, is_wanted in (("--allow-outside", allow_outside), *output.flags) if is_wanted]
    return launch(arguments, devices)


def _single(output: Output, document: Document, runs: Path, progress: Callable[[], Progress], run: RunFolder | None) -> None:
    """One run, in this process alone or as one of several."""
    from mlpspec.training.group import elastic_run, joined
    from mlpspec.training.progress import Silent
    from mlpspec.training.train import train

    with joined(cuda=document.spec.training.device != "cpu") as group:
        result = train(
            document, runs=runs, progress=progress() if group.leads else Silent(), resume=run or elastic_run(document, runs), group=group
        )
    if not group.leads:
        return
    output.warnings(result.warnings[len(document.warnings) :])
    names = list(result.figures["train"])
    rows = [[part, *(figure(result.figures[part][name]) for name in names)] for part in result.figures]
    text = "\n".join(
        [
            aligned(["", *names], rows),
            "",
            f"{result.ended} after {result.seconds:.1f} s; best epoch {result.best_epoch or '-'}; {result.parameters:,} parameters",
            f"weights: {'averaged' if result.weights == 'average' else f'the {result.weights}'}, sha256 {result.weights_sha256}",
            f"run folder: {result.folder.path}",
        ]
    )
    data = {
        "run": str(result.folder.path),
        "ended": result.ended,
        "best_epoch": result.best_epoch,
        "weights": result.weights,
        "weights_sha256": result.weights_sha256,
        "parameters": result.parameters,
        "seconds": result.seconds,
        "figures": result.figures,
    }
    output.result(text, data)


def _folds(
    output: Output,
    document: Document,
    runs: Path,
    progress: Callable[[], Progress],
    run: RunFolder | None,
    workers: int,
    predictions: Path | None,
) -> None:
    """A run for each fold."""
    from mlpspec.training.folds.cross_validate import cross_validate

    result = cross_validate(document, runs=runs, progress=progress, resume=run, workers=workers, predictions=predictions)
    output.warnings(result.warnings[len(document.warnings) :])
    found = result.figures["test"]
    rows = [
        [str(fold.number), f"{fold.rows['test']:,}", *(figure(found[name].values[place]) for name in found)]
        for place, fold in enumerate(result.folds)
    ]
    rows.append(["mean", "", *(figure(spread.mean) for spread in found.values())])
    rows.append(["sd", "", *(figure(spread.sd) for spread in found.values())])
    text = "\n".join(
        [
            aligned(["fold", "held out", *found], rows),
            "",
            f"{len(result.folds)} folds in {result.seconds:.1f} s of training; answers to held-out rows: {result.predictions}",
            f"run folder: {result.folder.path}",
        ]
    )
    data = {
        "run": str(result.folder.path),
        "folds": [
            {
                "fold": fold.number,
                "run": str(fold.folder.path),
                "ended": fold.ended,
                "best_epoch": fold.best_epoch,
                "rows": fold.rows,
                "seconds": fold.seconds,
                "figures": fold.figures,
            }
            for fold in result.folds
        ],
        "figures": {part: {name: asdict(spread) for name, spread in spreads.items()} for part, spreads in result.figures.items()},
        "predictions": str(result.predictions),
        "seconds": result.seconds,
    }
    output.result(text, data)
