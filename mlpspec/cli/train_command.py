"""`mlpspec train`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned, figure


@command(
    "train",
    examples="mlpspec train specs/penguins.yaml\nmlpspec train specs/penguins.yaml --set training.epochs=5 --set vars.width=128",
)
@click.argument("spec")
@setting_option
@outside_option
@click.option(
    "--resume", is_flag=False, flag_value="newest", metavar="[RUN]", help="Go on with this run, or with the newest of the spec's name."
)
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where run folders go.")
def main(output: Output, spec: str, settings: tuple[str, ...], allow_outside: bool, resume: str | None, runs: Path) -> None:
    """Train the model of a spec; leaves a run folder with weights, metrics and a report."""
    from mlpspec.compiler import load
    from mlpspec.training.progress import progress_for
    from mlpspec.training.run_folder import RunFolder
    from mlpspec.training.train import train

    document = load(spec, settings=settings, allow_outside=allow_outside)
    output.warnings(document.warnings)
    run = None
    if resume is not None:
        run = RunFolder.open(runs / document.spec.name / "latest" if resume == "newest" else resume)
    result = train(document, runs=runs, progress=progress_for(quiet=output.quiet or output.json), resume=run)
    output.warnings(result.warnings[len(document.warnings) :])
    names = list(result.figures["train"])
    rows = [[part, *(figure(result.figures[part][name]) for name in names)] for part in result.figures]
    text = "\n".join(
        [
            aligned(["", *names], rows),
            "",
            f"{result.ended} after {result.seconds:.1f} s; best epoch {result.best_epoch}; {result.parameters:,} parameters",
            f"run folder: {result.folder.path}",
        ]
    )
    data = {
        "run": str(result.folder.path),
        "ended": result.ended,
        "best_epoch": result.best_epoch,
        "parameters": result.parameters,
        "seconds": result.seconds,
        "figures": result.figures,
    }
    output.result(text, data)
