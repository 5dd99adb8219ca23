"""`mlpspec tune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned, figure
from mlpspec.report.words import short_names

if TYPE_CHECKING:
    from mlpspec.tuning.trials import Trial

SHOWN = 5
"""So many of the best trials are shown."""


@command(
    "tune",
    examples="mlpspec tune examples/tuning.yaml\nmlpspec tune examples/tuning.yaml --trials 100 --workers 2\n"
    "mlpspec tune examples/tuning.yaml --resume",
)
@click.argument("spec")
@setting_option
@outside_option
@click.option("--trials", type=int, metavar="N", help="How many combinations are tried, at most (tuning.trials).")
@click.option("--seconds", type=float, metavar="S", help="After so many seconds no further trial begins (tuning.seconds).")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="How many trials run at once.")
@click.option(
    "--resume", is_flag=False, flag_value="newest", metavar="[STUDY]", help="Go on with this study, or with the newest of the spec's name."
)
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="The best spec. Default: best.yaml in the study's folder.")
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where run folders go.")
def main(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    allow_outside: bool,
    trials: int | None,
    seconds: float | None,
    workers: int,
    resume: str | None,
    target: Path | None,
    runs: Path,
) -> None:
    """Try the combinations that `tuning:` in a spec speaks of, and write the best one as a spec. Needs `pip install 'mlpspec[tune]'`."""
    from mlpspec.compiler import load
    from mlpspec.training.run_folder import RunFolder
    from mlpspec.tuning.tune import TUNING, tune

    limits = [f"tuning.{name}={value}" for name, value in (("trials", trials), ("seconds", seconds)) if value is not None]
    document = load(spec, settings=settings, allow_outside=allow_outside)
    if document.spec.tuning is not None and limits:
        document = load(spec, settings=(*settings, *limits), allow_outside=allow_outside)
    output.warnings(document.warnings)
    study = None
    if resume is not None:
        study = RunFolder.open(runs / document.spec.name / TUNING / "latest" if resume == "newest" else resume)
    result = tune(
        document, runs=runs, workers=workers, resume=study, output=target, tell=lambda trial, best: output.note(told(trial, best))
    )
    output.warnings(result.warnings[len(document.warnings) :])
    from mlpspec.tuning.trials import ranking, tally

    tuning = document.spec.tuning
    assert tuning is not None
    names, short = list(tuning.parameters), short_names(list(tuning.parameters))
    best = ranking(result.trials, tuning.goal)
    rows = [[str(trial.number), figure(trial.objective), *(shown(trial.values.get(name)) for name in names)] for trial in best[:SHOWN]]
    counts = tally(result.trials)
    words = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    important = ", ".join(f"{short[name]} {share:.0%}" for name, share in list(result.importances.items())[:3])
    text = "\n".join(
        [
            aligned(["trial", tuning.objective, *short.values()], rows),
            "",
            f"{sum(counts.values())} trials in {result.seconds:.1f} s: {words}"
            + (f"; {result.ended}" if result.ended != "finished" else ""),
            *([f"most important: {important}"] if important else []),
            f"best spec: {result.spec}" + ("" if result.is_own_text else " (every default written out)"),
            f"report: {result.folder.path / 'report.html'}",
        ]
    )
    data = {
        "study": str(result.folder.path),
        "objective": tuning.objective,
        "goal": tuning.goal,
        "best": {"trial": result.best.number, "objective": result.best.objective, "values": result.best.values},
        "spec": str(result.spec),
        "is_own_text": result.is_own_text,
        "trials": [
            {"trial": t.number, "state": t.state, "objective": t.objective, "values": t.values, "seconds": t.seconds, "error": t.error}
            for t in result.trials
            if t.state not in ("waiting", "running")
        ],
        "importances": result.importances,
        "ended": result.ended,
        "seconds": result.seconds,
    }
    output.result(text, data)


def told(trial: Trial, best: Trial | None) -> str:
    """A line about a trial that has ended."""
    short = short_names(list(trial.values))
    values = ", ".join(f"{short[name]} {shown(value)}" for name, value in trial.values.items())
    state = figure(trial.objective) if trial.state == "finished" else f"failed: {trial.error}" if trial.state == "failed" else trial.state
    words = "" if best is None else "; the best so far" if best.number == trial.number else f"; best {figure(best.objective)}"
    return f"trial {trial.number}: {state}{words}  ({values})"


def shown(value: object) -> str:
    """A value of the spec in a table."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
